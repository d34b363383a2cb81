"""Residual blocks of images and of flat rows; a convolution without a decoder."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from layerwise import (
    At,
    Conv,
    Dense,
    PairingError,
    ParameterError,
    ResidualBlock,
    ResidualDense,
    Space,
    Stack,
)
from layerwise._random import Keys, dropout
from layerwise.architecture import StageModule

IMAGES = Space.of("unit", 3, 7, 8)
ROWS = Space.of("real", 6)


def built(stage, space):
    module = Stack(stage).build(space, Keys(0).torch("w")).chain[0]
    draws = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for p in module.parameters():
            p.add_(0.1 * torch.randn(p.shape, generator=draws))
    return module


def random(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


def batch_norm(x, norm):
    """By hand, with the moments of the batch."""
    axes = (0, *range(2, x.dim()))
    mean, variance = x.mean(axes, keepdim=True), x.var(axes, correction=0, keepdim=True)
    shape = (1, -1, *[1] * (x.dim() - 2))
    scale, shift = norm.weight.view(shape), norm.bias.view(shape)
    return (x - mean) / (variance + norm.eps).sqrt() * scale + shift


@pytest.mark.parametrize("p", [0.0, 0.4])
@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize(("channels", "stride"), [(3, 1), (5, 1), (5, 2), (3, 2), (3, 3)])
def test_a_residual_block_is_what_its_formula_says(channels, stride, last, p):
    module = built(ResidualBlock(channels, stride=stride, last=last, dropout=p), IMAGES)
    x = random(4, *IMAGES.shape)
    ready = torch.relu(batch_norm(x, module.first_norm))
    hidden = F.conv2d(ready, module.first.weight, stride=stride, padding=1)
    hidden = torch.relu(batch_norm(hidden, module.second_norm))
    code = F.conv2d(dropout(hidden, p, At.of(0).dropout), module.second.weight, padding=1)
    same = (channels, stride) == (3, 1)
    code = code + (x if same else F.conv2d(ready, module.shortcut.weight, stride=stride))
    code = torch.relu(batch_norm(code, module.last_norm)) if last else code
    torch.testing.assert_close(module.encode(x, At.of(0)), code, atol=1e-5, rtol=1e-4)
    assert module.code_space.shape == code.shape[1:]
    assert module.code_space.kind == ("nonneg" if last else "real")
    assert (module.shortcut is None) == same and not module.decodes


@pytest.mark.parametrize("p", [0.0, 0.4])
@pytest.mark.parametrize("last", [False, True])
def test_a_residual_dense_block_is_what_its_formula_says(last, p):
    module, x = built(ResidualDense(10, dropout=p, last=last), ROWS), random(5, 6)
    generator = At.of(0).dropout
    hidden = torch.relu(module.first(batch_norm(x, module.norm)))
    code = x + dropout(module.second(dropout(hidden, p, generator)), p, generator)
    code = torch.relu(batch_norm(code, module.last_norm)) if last else code
    torch.testing.assert_close(module.encode(x, At.of(0)), code, atol=1e-5, rtol=1e-4)
    assert module.code_space.kind == ("nonneg" if last else "real")
    assert module.code_space.size == 6 and not module.decodes
    module.eval()
    assert torch.equal(module.encode(x, At.of(0)), module.encode(x, At.of(1)))


def test_the_weights_keep_the_variance_of_what_rectifiers_let_through():
    module = Stack(ResidualBlock(64)).build(Space.of("real", 64, 4, 4), Keys(0).torch("w")).chain[0]
    assert float(module.second.weight.detach().std()) == pytest.approx(
        (2 / (64 * 9)) ** 0.5, rel=0.02
    )


@pytest.mark.parametrize(
    "stack",
    [
        Stack(Conv(4, decoder=False), ResidualBlock(8, stride=2, last=True)),
        Stack(Dense(8, activation="linear"), ResidualDense(16, last=True)),
    ],
    ids=repr,
)
def test_blocks_are_built_on_the_meta_device(stack):
    with torch.device("meta"):
        empty = stack.build(IMAGES, torch.Generator())
    module = stack.build(IMAGES, Keys(0).torch("w"))
    assert {k: v.shape for k, v in empty.state_dict().items()} == {
        k: v.shape for k, v in module.state_dict().items()
    }
    assert all(tensor.is_meta for tensor in empty.state_dict().values())


@pytest.mark.parametrize(
    ("stage", "space", "words"),
    [
        (ResidualBlock(3), ROWS, r"needs images \(channels, height, width\)"),
        (ResidualBlock(3), Space.of("token", 1, 2, 2, levels=3), "holds tokens"),
        (ResidualDense(), IMAGES, "needs flat rows"),
        (ResidualDense(), Space.of("token", 4, levels=3), "holds tokens"),
    ],
)
def test_blocks_refuse_what_they_cannot_read(stage, space, words):
    with pytest.raises(PairingError, match=words):
        Stack(stage).build(space, torch.Generator())


def test_blocks_refuse_settings_out_of_range():
    for make, words in (
        (lambda: ResidualBlock(0), "'channels' parameter of ResidualBlock"),
        (lambda: ResidualBlock(3, stride=0), "'stride' parameter"),
        (lambda: ResidualDense(0), "'hidden' parameter of ResidualDense"),
        (lambda: ResidualDense(last=2), "True or False"),
        (lambda: Conv(3, tied=True, decoder=False), "Leave out one of the two"),
    ):
        with pytest.raises(ParameterError, match=words):
            make()


# A convolution without a decoder


def test_a_convolution_without_a_decoder_has_the_same_encoder_and_half_the_weights():
    whole, half = (
        Stack(Conv(4, normalisation="batch", decoder=decoder)).build(IMAGES, Keys(0).torch("w"))
        for decoder in (True, False)
    )
    own = half.state_dict()
    assert whole.state_dict().keys() - own.keys() == {
        "stages.0.decoder_weight",
        "stages.0.decoder_bias",
    }
    assert all(torch.equal(value, whole.state_dict()[key]) for key, value in own.items())
    x = random(3, *IMAGES.shape)
    assert torch.equal(whole.encode(x), half.encode(x))
    assert whole.decodes and not half.decodes
    assert half.chain[0].centre(torch.ones(168)) is None
    with pytest.raises(PairingError, match="ConvCodec only encodes"):
        half.decode(half.encode(x))


def test_a_plain_convolution_is_described_as_before_but_for_its_decoder():
    described = Conv(4).to_dict()
    assert described.pop("decoder") is True
    assert Conv.from_fields({k: v for k, v in described.items() if k != "type"}) == Conv(4)
    assert repr(Conv(4, decoder=False)) == "Conv(4, decoder=False)"
    assert isinstance(Stack(Conv(4)).build(IMAGES, Keys(0).torch("w")).chain[0], StageModule)
