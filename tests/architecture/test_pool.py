"""Pooling, padding, tokens."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from layerwise import (
    BY_HAND,
    At,
    Batch,
    Block,
    Conv,
    Dense,
    PairingError,
    ParameterError,
    Pool,
    Reconstruction,
    Space,
    Stack,
    StageModule,
)
from layerwise.architecture import StackModule
from layerwise.objective.reconstruction import element_losses, mean_loss

TOKENS = Space.of("token", 4, levels=6)


class Looked(StageModule):
    """Tokens looked up: ``(n, t) -> (n, t, k)``."""

    def __init__(self):
        super().__init__(TOKENS, Space.of("real", 4, 3))
        self.table = torch.nn.Parameter(
            torch.rand(6, 3, generator=torch.Generator().manual_seed(0))
        )

    def encode(self, x, at=BY_HAND):
        return at.kept(self.table[x])


def pooled(how):
    pool = Pool(how).build(Space.of("real", 4, 3), torch.Generator())
    return StackModule([Looked(), pool], TOKENS)


@pytest.mark.parametrize("how", ["mean", "max"])
def test_padding_does_not_change_a_code(how):
    module = pooled(how)
    short = module.encode(torch.tensor([[1, 2, 0, 0]]))
    rows = module.chain[0].table[[1, 2]]
    expected = rows.mean(0) if how == "mean" else rows.amax(0)
    torch.testing.assert_close(short[0], expected)
    several = module.encode(torch.tensor([[5, 5, 5, 5], [1, 2, 0, 0]]))
    assert torch.equal(several[1], short[0])
    assert torch.equal(module.encode(torch.zeros(1, 4, dtype=torch.int64)), torch.zeros(1, 3))


def test_only_the_kept_tokens_reach_the_code():
    module, keep = pooled("mean"), torch.tensor([[0, 2]])
    at = At.of(0).seeing(keep=keep)
    first = module.encode(torch.tensor([[1, 2, 3, 4]]), at)
    changed = module.encode(torch.tensor([[1, 5, 3, 5]]), at)
    assert torch.equal(first, changed)
    torch.testing.assert_close(first[0], module.chain[0].table[[1, 3]].mean(0))


def test_the_first_token_is_taken():
    module = pooled("first")
    code = module.encode(torch.tensor([[4, 1, 1, 0]]))
    assert torch.equal(code[0], module.chain[0].table[4])


def test_tokens_that_changed_their_number_are_refused():
    at = At.of(0).seeing(mask=torch.ones(2, 5, dtype=torch.bool))
    with pytest.raises(PairingError, match="4 tokens came where 5 were read"):
        Pool().build(Space.of("real", 4, 3), torch.Generator()).encode(torch.zeros(2, 4, 3), at)


def test_images_are_pooled_over_their_places():
    x = torch.rand(2, 3, 4, 5)
    space = Space.of("unit", 3, 4, 5)
    for how, expected in (("mean", x.mean((2, 3))), ("max", x.amax((2, 3)))):
        encoder = Pool(how).build(space, torch.Generator())
        torch.testing.assert_close(encoder.encode(x), expected)
        assert encoder.code_space == Space.of("unit", 3) and not encoder.decodes


@pytest.mark.parametrize(
    ("stage", "space", "words"),
    [
        (Pool(), Space.of("real", 7), r"needs tokens \(tokens, width\) or images"),
        (Pool("first"), Space.of("unit", 1, 4, 4), "an image of shape"),
        (Pool(), TOKENS, "holds tokens"),
        (Dense(3), TOKENS, r"Dense\(3\) takes numbers; its input holds tokens"),
        (Conv(3), Space.of("token", 1, 4, 4, levels=3), r"Conv\(3\) takes numbers"),
    ],
)
def test_what_cannot_be_pooled_or_multiplied_is_refused(stage, space, words):
    with pytest.raises(PairingError, match=words):
        Stack(stage).build(space, torch.Generator())


def test_another_word_is_refused():
    with pytest.raises(ParameterError, match="Did you mean 'mean'"):
        Pool("men")


def test_a_block_of_tokens_has_a_parameter_per_level():
    space = Space((5,), (Block("real", 2), Block("token", 3, levels=4)))
    assert space.parameters == 2 + 12 and space.size == 5
    assert [part for _, part in space.parameter_slices()] == [slice(0, 2), slice(2, 14)]
    for levels, kind in ((1, "token"), (3, "real")):
        with pytest.raises(ParameterError, match="Tokens need levels of at least 2"):
            Block(kind, 3, levels=levels)


class Spelled(StageModule):
    """A way back to a table of numbers and tokens that ignores the code."""

    def __init__(self, space, params):
        super().__init__(space, Space.of("real", 1))
        self.params = params

    def encode(self, x, at=BY_HAND):
        return x[:, :1].float()

    def decode_params(self, z):
        return self.params[: len(z)]


def test_the_loss_of_tokens_is_the_cross_entropy_over_levels_without_padding():
    space = Space((5,), (Block("real", 2), Block("token", 3, levels=4)))
    draws = torch.Generator().manual_seed(0)
    params = torch.randn(6, 14, generator=draws)
    x = torch.cat(
        [torch.rand(6, 2, generator=draws), torch.randint(0, 4, (6, 3), generator=draws).float()], 1
    )
    module = StackModule([Spelled(space, params)], space)
    losses = element_losses(params, x, module, "auto")
    logits = params[:, 2:].view(6, 3, 4)
    named = F.cross_entropy(logits.transpose(1, 2), x[:, 2:].long(), reduction="none")
    torch.testing.assert_close(losses[:, 2:], named)
    torch.testing.assert_close(losses[:, :2], (params[:, :2] - x[:, :2]) ** 2)
    kept = torch.cat([torch.ones(6, 2), (x[:, 2:] != 0).float()], 1)
    expected = (losses * kept).sum() / kept.sum()
    torch.testing.assert_close(mean_loss(params, x, module, "auto"), expected)
    found = Reconstruction().loss(module, None, Batch(x), At.of(0))[0]
    torch.testing.assert_close(found, expected)
    back = module.decode(torch.zeros(6, 1))
    torch.testing.assert_close(back[:, 2:], logits.argmax(2).float())
