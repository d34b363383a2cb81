"""Stages of tokens: patches, cells, transformers; and residual blocks that only encode."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from layerwise import (
    At,
    Block,
    Cells,
    Conv,
    Dense,
    PairingError,
    ParameterError,
    Patches,
    Pool,
    Pretrainer,
    ResidualBlock,
    ResidualDense,
    SimCLR,
    Space,
    Stack,
    Transformer,
)
from layerwise.data import ArraySource
from layerwise.training import Feed, as_plan, run_plan

IMAGE = Space.of("unit", 2, 6, 9)
TABLE = Space((7,), (Block("real", 3), Block("unit", 1), Block("category", 3)))


def draws(seed=0):
    return torch.Generator().manual_seed(seed)


def built(*stages, space=IMAGE):
    return Stack(*stages).build(space, draws(1)).eval()


def images(n=4, seed=0):
    return torch.rand(n, 2, 6, 9, generator=draws(seed))


def test_patches_are_a_convolution_with_the_stride_of_its_filters():
    stage = built(Patches(3, 8)).chain[0]
    weight = stage.look.weight.view(8, 2, 3, 3)
    expected = F.conv2d(images(), weight, stage.look.bias, stride=3).flatten(2).transpose(1, 2)
    assert torch.allclose(stage.encode(images()) - stage.positions, expected, atol=1e-5)
    assert stage.code_space.shape == (6, 8)


def test_patches_come_back_as_images():
    stage = built(Patches(3, 8)).chain[0]
    assert torch.equal(stage.images(stage.patches(images())), images())


def test_positions_are_sines_and_cosines_of_row_and_column():
    stage = built(Patches(3, 8)).chain[0]
    row, column = 1, 2  # the last of 2 x 3 patches
    frequency = [1.0, 10000 ** (-1 / 2)]
    expected = [
        f(place * w) for place in (row, column) for f in (math.sin, math.cos) for w in frequency
    ]
    assert stage.positions[5].tolist() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("class_token", [False, True])
def test_a_hidden_patch_cannot_influence_the_code(class_token):
    codec = built(Patches(3, 8, class_token=class_token), Transformer(2, 2), Pool())
    keep = torch.tensor([[0, 4], [2, 3], [5, 1], [1, 0]])
    at = At.of(0).seeing(keep=keep)
    x, changed = images(), images(seed=1)
    patches, others = (codec.chain[0].patches(one) for one in (x, changed))
    seen = torch.zeros(4, 6, dtype=torch.bool).scatter(1, keep, True)
    mixed = codec.chain[0].images(torch.where(seen[:, :, None], patches, others))
    assert not torch.equal(mixed, x)
    assert torch.equal(codec.encode(mixed, at), codec.encode(x, at))
    assert not torch.equal(codec.encode(mixed), codec.encode(x))


def test_a_transformer_is_torchs_own():
    stage = built(Transformer(2, 2), space=Space.of("real", 5, 8)).chain[0]
    layer = nn.TransformerEncoderLayer(8, 2, 16, 0.0, "gelu", batch_first=True, norm_first=True)
    oracle = nn.TransformerEncoder(layer, 2, nn.LayerNorm(8), enable_nested_tensor=False).eval()
    for theirs, ours in zip(oracle.layers, stage.blocks, strict=True):
        theirs.self_attn.in_proj_weight.data = ours.ask.weight.data
        theirs.self_attn.in_proj_bias.data = ours.ask.bias.data
        theirs.self_attn.out_proj.load_state_dict(ours.answer.state_dict())
        theirs.linear1.load_state_dict(ours.widen.state_dict())
        theirs.linear2.load_state_dict(ours.narrow.state_dict())
    x = torch.randn(3, 5, 8, generator=draws())
    assert torch.allclose(stage.encode(x), oracle(x), atol=1e-5)


def test_the_order_of_tokens_without_positions_is_nothing():
    stage = built(Transformer(2, 2), space=Space.of("real", 5, 8)).chain[0]
    x, order = torch.randn(3, 5, 8, generator=draws()), torch.tensor([3, 0, 4, 1, 2])
    assert torch.allclose(stage.encode(x[:, order]), stage.encode(x)[:, order], atol=1e-5)


def test_padding_changes_nothing_and_rows_of_padding_are_finite():
    stage = built(Transformer(2, 2), space=Space.of("real", 5, 8)).chain[0]
    x = torch.randn(3, 5, 8, generator=draws())
    mask = torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [0, 0, 0, 0, 0]]).bool()
    at = At.of(0).seeing(mask=mask)
    other = torch.where(mask[:, :, None], x, torch.full_like(x, 7.0))
    codes, changed = stage.encode(x, at), stage.encode(other, at)
    assert torch.equal(codes[0, :3], changed[0, :3])
    assert bool(torch.isfinite(codes).all())


def test_cells_are_numbers_times_vectors_and_categories_are_vectors():
    stage = built(Cells(4), space=TABLE).chain[0]
    x = torch.tensor([[0.5, -1.0, 2.0, 0.25, 0.0, 1.0, 0.0]])
    tokens = stage.encode(x)
    assert tokens.shape == (1, 6, 4)
    assert torch.equal(tokens[0, 0], stage.first)
    for j in range(4):
        assert torch.allclose(tokens[0, j + 1], x[0, j] * stage.weight[j] + stage.bias[j])
    assert torch.allclose(tokens[0, 5], stage.weight[5] + stage.bias[4])


def test_cells_of_numbers_alone_take_the_short_way():
    stage = built(Cells(4, class_token=False), space=Space.of("real", 5)).chain[0]
    x = torch.randn(3, 5, generator=draws())
    expected = torch.einsum("nj,jk->njk", x, stage.weight) + stage.bias
    assert torch.allclose(stage.encode(x), expected)


@pytest.mark.parametrize("stride", [1, 2])
def test_a_residual_block_by_hand(stride):
    module = built(ResidualBlock(2 if stride == 1 else 5, stride=stride)).train()
    stage, x = module.chain[0], images()

    def normalised(h):
        mean = h.mean((0, 2, 3), keepdim=True)
        return (h - mean) / (h.var((0, 2, 3), keepdim=True, correction=0) + 1e-5).sqrt()

    begun = normalised(x).relu()
    h = F.conv2d(begun, stage.conv1.weight, stride=stride, padding=1)
    h = F.conv2d(normalised(h).relu(), stage.conv2.weight, padding=1)
    way = x if stride == 1 else F.conv2d(begun, stage.shortcut.weight, stride=stride)
    assert torch.allclose(stage.encode(x), h + way, atol=1e-4)
    assert stage.encode(x).shape[1:] == stage.code_space.shape


def test_a_residual_dense_by_hand():
    stage = built(ResidualDense(6, dropout=0.0), space=Space.of("real", 5)).train().chain[0]
    x = torch.randn(9, 5, generator=draws())
    h = (x - x.mean(0)) / (x.var(0, correction=0) + 1e-5).sqrt()
    expected = x + stage.narrow(stage.widen(h).relu())
    assert torch.allclose(stage.encode(x), expected, atol=1e-5)


def test_equal_seeds_build_equal_weights_and_leave_torchs_state_alone():
    stages = Patches(3, 8, class_token=True), Transformer(1, 2), Pool("first")
    before = torch.random.get_rng_state()
    first, second = built(*stages), built(*stages)
    assert torch.equal(torch.random.get_rng_state(), before)
    for a, b in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(a, b)


def test_every_block_has_a_rate_of_its_own():
    codec = built(Patches(3, 8), Transformer(3, 2), Pool())
    assert [len(layers) for layers in codec.layers()] == [1, 3, 0]


def test_they_only_encode_and_say_so():
    codec = built(Patches(3, 8), Transformer(1, 2))
    assert not codec.decodes
    with pytest.raises(PairingError, match="TransformerEncoder only encodes"):
        codec.decode(torch.zeros(1, 6, 8))


def test_a_small_vision_transformer_learns_by_two_views():
    source = ArraySource(torch.rand(32, 2, 6, 9, generator=draws()), IMAGE)
    codec = built(Patches(3, 8), Transformer(1, 2), Pool())
    run = run_plan(codec, as_plan([(SimCLR(), joint(2))]), Feed(source), keys=keys())
    assert np.isfinite(run.history[-1]["loss"])


def joint(epochs):
    from layerwise import Joint

    return Joint(epochs)


def keys():
    from layerwise._random import Keys

    return Keys(0)


@pytest.mark.parametrize(
    ("stages", "space", "words"),
    [
        ((Patches(4),), IMAGE, r"6 x 9 pixels.*Sizes that do: 1, 3"),
        ((Patches(3),), Space.of("unit", 108), "needs images"),
        ((Transformer(1),), IMAGE, "needs tokens"),
        (
            (Patches(3, 8), Transformer(1, 3)),
            IMAGE,
            "3 heads, which do not divide tokens of width 8",
        ),
        ((Cells(),), IMAGE, "takes the cells of a table"),
        ((ResidualBlock(4),), TABLE, "needs images"),
        ((ResidualDense(),), IMAGE, "needs flat rows"),
    ],
)
def test_what_does_not_fit_is_refused_with_both_sides_named(stages, space, words):
    with pytest.raises(PairingError, match=words):
        built(*stages, space=space)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Patches(0), "'size' parameter of Patches"),
        (lambda: Patches(4, 10), "'width' parameter of Patches"),
        (lambda: Transformer(0), "'depth' parameter of Transformer"),
        (lambda: Cells(0), "'width' parameter of Cells"),
        (lambda: ResidualBlock(4, dropout=1.0), "'dropout' parameter of ResidualBlock"),
        (lambda: ResidualDense(0), "'hidden' parameter of ResidualDense"),
    ],
)
def test_a_wrong_setting_says_what_was_expected(make, words):
    with pytest.raises(ParameterError, match=words):
        make()


@pytest.mark.parametrize(
    "stack",
    [
        Stack(
            Patches(3, 8, class_token=True), Transformer(1, 2), Pool("first"), in_shape=(2, 6, 9)
        ),
        Stack(
            Conv(3, normalisation="batch"), ResidualBlock(4, stride=2), Pool(), in_shape=(2, 6, 9)
        ),
        Stack(Cells(8), Transformer(1, 2), Pool("first")),
        Stack(Dense(8), ResidualDense(6)),
    ],
    ids=repr,
)
def test_a_model_folder_gives_equal_codes(stack, tmp_path):
    from layerwise import Joint, VICReg, load, save

    X = np.random.default_rng(0).random((40, 108 if stack.in_shape else 7)).astype(np.float32)
    model = Pretrainer(stack, objective=VICReg(projector=(8,)), schedule=Joint(1), random_state=0)
    codes = model.fit(X).transform(X)
    save(model, tmp_path / "model")
    assert np.array_equal(load(tmp_path / "model").transform(X), codes)
