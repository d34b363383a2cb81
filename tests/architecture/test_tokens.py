"""Encoders of tokens: patches, cells, names; what looks at them."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from layerwise import (
    At,
    Block,
    Cells,
    Embedding,
    PairingError,
    ParameterError,
    Patches,
    Pool,
    Space,
    Stack,
    StageModule,
    Training,
    Transformer,
)
from layerwise._random import Keys
from layerwise.architecture.stage import jacobian_norm
from layerwise.schedule import Phase
from layerwise.training.rates import layers_of

IMAGES = Space.of("unit", 3, 8, 12)
TOKENS = Space.of("real", 6, 16)
TABLE = Space(
    (9,), (Block("real", 2), Block("category", 3), Block("unit", 2), Block("category", 2))
)
WORDS = Space.of("token", 5, levels=7)


def built(stage, space):
    return Stack(stage).build(space, Keys(0).torch("w")).chain[0]


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


# Patches


def test_patches_are_a_strided_convolution_and_places():
    module, x = built(Patches(4, 16), IMAGES), random(5, *IMAGES.shape)
    with torch.no_grad():
        found = module.encode(x)
        expected = F.conv2d(x, module.weight, module.bias, stride=4).flatten(2).transpose(1, 2)
    torch.testing.assert_close(found, expected + module.positions)
    assert module.code_space == Space.of("real", 6, 16) and module.count == 6
    assert not module.decodes


def test_places_are_sines_and_cosines_of_the_column_and_the_row():
    found = built(Patches(4, 16), IMAGES).positions
    for token in range(6):
        row, column = divmod(token, 3)
        expected = [
            wave(place / 10_000 ** (i / 4))
            for place in (column, row)
            for wave in (math.sin, math.cos)
            for i in range(4)
        ]
        torch.testing.assert_close(found[token], torch.tensor(expected))


def test_images_come_back_from_their_patches():
    module, x = built(Patches(4, 16), IMAGES), random(5, *IMAGES.shape)
    cut = module.patches(x)
    assert tuple(cut.shape) == (5, 6, 48)
    assert torch.equal(cut[:, 4], x[:, :, 4:8, 4:8].flatten(1))
    assert torch.equal(module.images(cut), x)


@pytest.mark.parametrize("class_token", [False, True])
def test_what_is_hidden_does_not_change_a_bit_of_the_code(class_token):
    stack = Stack(Patches(4, 16, class_token=class_token), Transformer(2, 4))
    module = stack.build(IMAGES, Keys(0).torch("w"))
    x, keep = random(2, *IMAGES.shape), torch.tensor([[0, 5], [4, 1]])
    at = At.of(0).seeing(keep=keep)
    cut = module.chain[0].patches(x)
    seen = cut.gather(1, keep[:, :, None].expand(-1, -1, cut.shape[2]))
    noise = random(*cut.shape, seed=1).scatter(1, keep[:, :, None].expand(seen.shape), seen)
    other = module.chain[0].images(noise)
    assert not torch.equal(other, x)
    first, second = module.encode(x, at), module.encode(other, at)
    assert torch.equal(first, second)
    assert tuple(first.shape) == (2, 2 + class_token, 16)
    assert not torch.equal(module.encode(x), module.encode(other))


def test_the_class_token_stands_before_what_is_kept():
    module, x = built(Patches(4, 16, class_token=True), IMAGES), random(2, *IMAGES.shape)
    at = At.of(0).seeing(keep=torch.tensor([[2, 0], [2, 0]]))
    everything, kept = module.encode(x), module.encode(x, at)
    assert module.code_space == Space.of("real", 7, 16) and module.count == 6
    assert torch.equal(everything[:, 0], module.class_token.expand(2, 16))
    assert torch.equal(kept, everything[:, [0, 3, 1]])


# Cells


@pytest.mark.parametrize("class_token", [False, True])
def test_a_cell_is_a_number_times_a_vector_or_the_vector_of_a_category(class_token):
    module = built(Cells(4, class_token=class_token), TABLE)
    x = torch.cat(
        [
            random(3, 2),
            F.one_hot(torch.tensor([0, 2, 1]), 3),
            random(3, 2),
            torch.eye(2)[[1, 1, 0]],
        ],
        dim=1,
    )
    parts = [[0], [1], [2, 3, 4], [5], [6], [7, 8]]
    with torch.no_grad():
        found = module.encode(x)[:, class_token:]
        for row in range(3):
            for token, features in enumerate(parts):
                value = sum(x[row, j] * module.vectors[j] for j in features) + module.bias[token]
                torch.testing.assert_close(found[row, token], value)
    assert [list(range(part.start, part.stop)) for part in module.columns] == parts
    assert module.code_space == Space.of("real", 6 + class_token, 4)


def test_a_hidden_cell_does_not_change_the_code():
    module = Stack(Cells(8), Transformer(1, 2)).build(TABLE, Keys(0).torch("w"))
    at = At.of(0).seeing(keep=torch.tensor([[0, 2, 5]]))
    x = random(1, 9)
    other = x.clone()
    other[:, [1, 5, 6]] = 9.0
    assert torch.equal(module.encode(x, at), module.encode(other, at))


# Embedding


def test_names_are_looked_up_and_placed():
    x = torch.tensor([[1, 6, 6, 0, 0]])
    bag, ordered = built(Embedding(8, ordered=False), WORDS), built(Embedding(8), WORDS)
    assert torch.equal(bag.encode(x), bag.vectors[x])
    waves = [math.sin(2), math.sin(0.2), math.sin(0.02), math.sin(0.002)]
    waves += [math.cos(2), math.cos(0.2), math.cos(0.02), math.cos(0.002)]
    torch.testing.assert_close(
        ordered.encode(x)[0, 2], ordered.vectors[6] + torch.tensor(waves), atol=1e-6, rtol=1e-5
    )
    assert ordered.code_space == Space.of("real", 5, 8)


# Transformer


def stock(module, heads):
    """torch's encoder with the weights of ours."""
    width = module.in_space.shape[1]
    hidden = module.blocks[0].mlp_in.out_features
    layer = nn.TransformerEncoderLayer(
        width, heads, hidden, 0.0, "gelu", batch_first=True, norm_first=True
    )
    torchs = nn.TransformerEncoder(
        layer, len(module.blocks), nn.LayerNorm(width), enable_nested_tensor=False
    )
    with torch.no_grad():
        for ours, theirs in zip(module.blocks, torchs.layers, strict=True):
            theirs.self_attn.in_proj_weight.copy_(ours.attention_in.weight)
            theirs.self_attn.in_proj_bias.copy_(ours.attention_in.bias)
            pairs = [
                (ours.attention_out, theirs.self_attn.out_proj),
                (ours.mlp_in, theirs.linear1),
                (ours.mlp_out, theirs.linear2),
                (ours.attention_norm, theirs.norm1),
                (ours.mlp_norm, theirs.norm2),
                (module.norm, torchs.norm),
            ]
            for mine, other in pairs:
                other.load_state_dict(mine.state_dict())
    return torchs.train()  # the fast path of evaluation is another kernel


def shaken(module):
    """Weights of which none is zero or one."""
    draws = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for p in module.parameters():
            p.add_(0.1 * torch.randn(p.shape, generator=draws))
    return module


def test_a_transformer_is_torchs_with_the_norms_inside():
    module = shaken(built(Transformer(3, 4, expansion=3), TOKENS))
    x, mask = random(5, 6, 16), torch.arange(6) < torch.tensor([[6], [1], [3], [5], [2]])
    with torch.no_grad():
        reference = stock(module, 4)
        torch.testing.assert_close(module.encode(x), reference(x), atol=1e-6, rtol=1e-5)
        found = module.encode(x, At.of(0).seeing(mask=mask))
        padded = reference(x, src_key_padding_mask=~mask)
    torch.testing.assert_close(found[mask], padded[mask], atol=1e-6, rtol=1e-5)


def test_the_gradients_are_those_of_torchs():
    module, x = shaken(built(Transformer(2, 2), TOKENS)), random(5, 6, 16)
    reference, weight = stock(module, 2), random(5, 6, 16, seed=1)
    (module.encode(x) * weight).sum().backward()
    (reference(x) * weight).sum().backward()
    for ours, theirs in zip(module.blocks, reference.layers, strict=True):
        expected = theirs.self_attn.in_proj_weight.grad
        torch.testing.assert_close(ours.attention_in.weight.grad, expected, atol=1e-4, rtol=1e-4)


def test_padding_changes_no_code():
    stack = Stack(Embedding(16), Transformer(2, 4), Pool())
    short = stack.build(Space.of("token", 3, levels=7), Keys(0).torch("w"))
    long = stack.build(WORDS, Keys(0).torch("w"))
    rows = torch.tensor([[1, 2, 0], [3, 4, 5]])
    with torch.no_grad():
        expected = short.encode(rows)
        torch.testing.assert_close(long.encode(F.pad(rows, (0, 2))), expected)
        alone = long.encode(torch.tensor([[3, 4, 5, 0, 0]]))
    torch.testing.assert_close(alone, expected[1:])


def test_rows_of_padding_alone_give_finite_codes_and_gradients():
    module = Stack(Embedding(16), Transformer(2, 4), Pool()).build(WORDS, Keys(0).torch("w"))
    code = module.encode(torch.zeros(2, 5, dtype=torch.int64))
    code.sum().backward()
    assert torch.equal(code, torch.zeros(2, 16))
    assert all(p.grad.isfinite().all() for p in module.parameters())


def test_the_kept_of_padded_tokens_are_masked():
    module = Stack(Embedding(16), Transformer(2, 4)).build(WORDS, Keys(0).torch("w"))
    x, keep = torch.tensor([[1, 2, 3, 0, 0]]), torch.tensor([[1, 4, 2]])
    with torch.no_grad():
        found = module.encode(x, module.reading(x, At.of(0).seeing(keep=keep)))
        expected = module.encode(x, module.reading(x, At.of(0).seeing(keep=keep[:, [0, 2]])))
    torch.testing.assert_close(found[:, [0, 2]], expected)


def test_a_permutation_of_tokens_permutes_the_codes():
    module, x = built(Transformer(2, 4), TOKENS), random(3, 6, 16)
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    with torch.no_grad():
        torch.testing.assert_close(module.encode(x[:, order]), module.encode(x)[:, order])


def test_dropout_is_drawn_from_the_step_and_only_in_training():
    module, x = built(Transformer(2, 4, dropout=0.3), TOKENS), random(3, 6, 16)
    first, again, later = (module.encode(x, At.of(0, step=step)) for step in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, later)
    module.eval()
    plain = built(Transformer(2, 4), TOKENS)
    assert torch.equal(module.encode(x, At.of(0)), plain.encode(x))


def test_each_block_is_a_layer_with_its_own_rate_and_the_norm_goes_with_the_last():
    stack = Stack(Patches(4, 16), Transformer(3, 4), Pool())
    module = stack.build(IMAGES, Keys(0).torch("w"))
    assert [len(layers) for layers in module.layers()] == [1, 3, 0]
    training = Training(learning_rate=1.0, layer_decay=0.5)
    found = layers_of(module, Phase(0, 2, 1), None, training)
    blocks = list(module.chain[1].blocks)
    expected = [(module.chain[0], 0.0625), *zip(blocks, (0.125, 0.25, 0.5), strict=True)]
    assert found == [*expected, (module.chain[1], 0.5)]


def test_a_jacobian_through_attention_can_be_trained():
    module, x = built(Transformer(1, 2), Space.of("real", 2, 4)), random(2, 2, 4)
    found = module.jacobian_norm(x)
    whole = torch.autograd.functional.jacobian(module.encode, x)
    for row in range(2):
        torch.testing.assert_close(found[row], whole[row, ..., row, :, :].square().sum())
    found.sum().backward()
    grad = module.blocks[0].attention_in.weight.grad.clone()
    assert grad.isfinite().all() and grad.abs().sum() > 0
    torch.testing.assert_close(jacobian_norm(module.encode, x), found)


# What is refused


@pytest.mark.parametrize(
    ("stage", "space", "words"),
    [
        (Patches(5), IMAGES, r"do not cover an image of 8 x 12.*Sizes that do: 1, 2, 4\."),
        (Patches(), Space.of("unit", 96), r"needs images \(channels, height, width\)"),
        (Patches(), Space.of("token", 1, 4, 4, levels=3), "its input holds tokens"),
        (Cells(), IMAGES, r"needs rows of a table.*Use Patches"),
        (Cells(), WORDS, "its input holds tokens"),
        (Embedding(), TABLE, r"looks tokens up; its input is 'mixed'"),
        (Transformer(heads=3), TOKENS, r"width 16 among 3 heads.*fit: 1, 2, 4, 8, 16\."),
        (Transformer(), IMAGES, r"needs tokens \(tokens, width\)"),
        (Transformer(), WORDS, "its input holds tokens"),
    ],
)
def test_what_does_not_fit_is_refused(stage, space, words):
    with pytest.raises(PairingError, match=words):
        built(stage, space)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Patches(0), "'size' parameter of Patches"),
        (lambda: Patches(width=18), "multiple of 4. Got 18"),
        (lambda: Patches(class_token=1), "True or False"),
        (lambda: Cells(0), "'width' parameter of Cells"),
        (lambda: Embedding(7), "must be even. Got 7"),
        (lambda: Transformer(0), "'depth' parameter"),
        (lambda: Transformer(dropout=1.0), "'dropout' parameter"),
    ],
)
def test_a_setting_out_of_range_is_refused(make, words):
    with pytest.raises(ParameterError, match=words):
        make()


ENCODERS = [
    (Stack(Patches(4, 16, class_token=True), Transformer(2, 4), Pool("first")), IMAGES),
    (Stack(Cells(8), Transformer(1, 2, dropout=0.1), Pool("first")), TABLE),
    (Stack(Embedding(8), Transformer(1, 2), Pool()), WORDS),
]


@pytest.mark.parametrize(("stack", "space"), ENCODERS, ids=repr)
def test_weights_come_from_the_generator_and_need_no_memory_on_the_meta_device(stack, space):
    before = torch.get_rng_state()
    first, again = (stack.build(space, Keys(0).torch("w")) for _ in range(2))
    assert torch.equal(before, torch.get_rng_state())
    other = stack.build(space, Keys(1).torch("w"))
    with torch.device("meta"):
        empty = stack.build(space, torch.Generator())
    assert all(p.is_meta for p in empty.parameters())
    own = first.state_dict()
    assert {k: v.shape for k, v in empty.state_dict().items()} == {
        k: v.shape for k, v in own.items()
    }
    assert all(torch.equal(value, again.state_dict()[key]) for key, value in own.items())
    assert any(not torch.equal(value, other.state_dict()[key]) for key, value in own.items())
    assert all(isinstance(stage, StageModule) and not stage.decodes for stage in first.chain)
    empty.load_state_dict(own, assign=True)
    rows = torch.ones(2, *space.shape, dtype=torch.int64 if space is WORDS else torch.float32)
    first.eval(), empty.eval()
    assert torch.equal(first.encode(rows), empty.encode(rows))
