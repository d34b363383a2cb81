"""Tokens that are hidden: how many, which, and what is asked of them."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from layerwise import (
    At,
    Batch,
    Block,
    Cells,
    Dense,
    Embedding,
    MaskedTokens,
    PairingError,
    ParameterError,
    Patches,
    Pool,
    Space,
    Stack,
    Transformer,
)
from layerwise.objective.masked.chain import encoded_tokens

TEXT = Space.of("token", 12, levels=40)
TABLE = Space((6,), (Block("real", 2), Block("unit", 1), Block("category", 3)))
IMAGE = Space.of("unit", 1, 8, 8)


def draws(seed=0):
    return torch.Generator().manual_seed(seed)


def texts(n=6, seed=0):
    """Rows that begin with a mark, end with one, and are filled up with zeros."""
    x = torch.randint(5, 40, (n, 12), generator=draws(seed))
    x[:, 0] = 2
    for row in range(n):
        x[row, 4 + row % 7] = 3
        x[row, 5 + row % 7 :] = 0
    return x


def table(n=8):
    x = torch.rand(n, 6, generator=draws())
    x[:, 3:] = torch.eye(3)[torch.arange(n) % 3]
    return x


STACKS = {
    "text": (Stack(Embedding(8), Transformer(1, 2), Pool()), TEXT, texts()),
    "table": (Stack(Cells(8), Transformer(1, 2), Pool("first")), TABLE, table()),
    "image": (Stack(Patches(4, 8), Pool()), IMAGE, torch.rand(6, 1, 8, 8, generator=draws())),
}


@pytest.mark.parametrize("name", STACKS)
def test_the_loss_is_that_of_the_chosen_tokens_alone(name):
    stack, space, x = STACKS[name]
    codec = stack.build(space, draws(1)).train()
    objective, at = MaskedTokens(0.4), At.of(0)
    state = objective.init(codec, None, draws(2))
    loss, _ = objective.loss(codec, state, Batch(x), at)

    first = codec.chain[0].token_view()
    x = codec.trimmed(x)
    may = x >= 5 if name == "text" else torch.ones(len(x), first.count, dtype=torch.bool)
    chosen, hidden, swapped = objective.drawn(may, At.of(0))
    seen = first.exchanged(x, first.others(x, At.of(0).stream("others")), swapped)
    place = codec.reading(x, At.of(0)).seeing(instead=(hidden, state.mask))
    codes = state.hidden(encoded_tokens(codec, seen, place)[:, -may.shape[1] :])
    weight, bias = state.out.weight, state.out.bias
    errors = []
    for row, t in chosen.nonzero().tolist():
        if name == "text":
            logits = F.linear(codes[row, t], weight, bias)
            errors.append(-logits.log_softmax(0)[x[row, t]])
        elif name == "image":
            pixels = first.patches(x)[row, t]
            errors.append(
                F.binary_cross_entropy_with_logits(F.linear(codes[row, t], weight, bias), pixels)
            )
        else:
            part = slice(t, t + 1) if t < 3 else slice(3, 6)
            guess, wanted = F.linear(codes[row, t], weight[part], bias[part]), x[row, part]
            if t < 2:
                errors.append((guess - wanted).square().mean())
            elif t == 2:
                errors.append(F.binary_cross_entropy_with_logits(guess, wanted))
            else:
                errors.append(-(wanted * guess.log_softmax(0)).sum())
    assert torch.allclose(loss, torch.stack(errors).mean(), atol=1e-6)


def test_what_is_not_chosen_does_not_count():
    """Another token in the place of one that is padding, a mark or not chosen changes the loss by
    the code alone: with a code of nothing else, by nothing."""
    codec = Stack(Embedding(8, ordered=False), Pool()).build(TEXT, draws(1))
    objective, x = MaskedTokens(0.3, random=0.0, same=0.0), texts()
    state = objective.init(codec, None, draws(2))
    chosen, _, _ = objective.drawn(codec.trimmed(x) >= 5, At.of(0))
    other = x.clone()
    for row, t in (~chosen & (codec.trimmed(x) >= 5)).nonzero().tolist():
        other[row, t] = 7
    assert not torch.equal(other, x)
    first, second = (objective.loss(codec, state, Batch(rows), At.of(0))[0] for rows in (x, other))
    assert torch.equal(first, second)


def test_of_the_tokens_15_percent_are_chosen_and_of_these_80_hidden_10_another_10_stay():
    may = torch.rand(400, 100, generator=draws()) < 0.7
    chosen, hidden, swapped = MaskedTokens().drawn(may, At.of(0))
    assert not (chosen & ~may).any() and not (hidden & ~chosen).any()
    assert not (swapped & ~chosen).any() and not (hidden & swapped).any()
    count = int(chosen.sum())
    for share, n, among in ((0.15, count, int(may.sum())), (0.8, int(hidden.sum()), count)):
        assert abs(n / among - share) < 4 * (share * (1 - share) / among) ** 0.5
    assert abs(int(swapped.sum()) / count - 0.1) < 4 * (0.09 / count) ** 0.5


def test_marks_and_padding_are_never_chosen_and_one_token_of_each_row_is():
    x = texts(60)
    chosen, _, _ = MaskedTokens(0.01).drawn(x >= 5, At.of(0))
    assert not chosen[x < 5].any() and (chosen.sum(1) >= 1).all()
    none, _, _ = MaskedTokens(0.5).drawn(torch.zeros(3, 4, dtype=torch.bool), At.of(0))
    assert not none.any()


def test_other_tokens_are_chosen_at_every_step():
    may = torch.ones(4, 50, dtype=torch.bool)
    at = At.of(0).streams
    first, second = (MaskedTokens().drawn(may, at.at(0, step))[0] for step in (0, 1))
    assert not torch.equal(first, second)
    assert torch.equal(first, MaskedTokens().drawn(may, At.of(0))[0])


def test_another_token_is_any_of_the_vocabulary_a_cell_of_the_column_a_patch_of_another_row():
    for stack, space, x in STACKS.values():
        first = stack.build(space, draws(1)).chain[0].token_view()
        others = first.others(x, draws(3))
        assert others.shape == x.shape and others.dtype == x.dtype
        if space is TEXT:
            assert others.min() >= 1 and others.max() < 40
        elif space is TABLE:
            for part in first.columns:
                assert sorted(others[:, part].tolist()) == sorted(x[:, part].tolist())
            assert not torch.equal(others[:, :1].argsort(0), others[:, 1:2].argsort(0))
        else:
            assert {row.numpy().tobytes() for row in others} == {r.numpy().tobytes() for r in x}
        where = torch.zeros(len(x), first.count, dtype=torch.bool)
        where[:, 1] = True
        mixed = first.exchanged(x, others, where)
        assert torch.equal(first.exchanged(x, others, ~where), first.exchanged(others, x, where))
        assert torch.equal(first.exchanged(mixed, x, where), x)


@pytest.mark.parametrize("name", STACKS)
def test_a_hidden_token_cannot_be_seen(name):
    stack, space, x = STACKS[name]
    codec = stack.build(space, draws(1)).eval()
    first = codec.chain[0].token_view()
    others = first.others(x, draws(3))
    where = torch.zeros(len(x), first.count, dtype=torch.bool)
    where[:, 1] = True
    at = codec.reading(x, At.of(0)).seeing(instead=(where, torch.randn(8, generator=draws(4))))
    changed = first.exchanged(x, others, where)
    assert not torch.equal(changed, x)
    codes = [encoded_tokens(codec, rows, at) for rows in (x, changed)]
    assert torch.equal(*codes)


def test_row_weights_count():
    stack, space, x = STACKS["text"]
    codec, objective = stack.build(space, draws(1)).eval(), MaskedTokens(0.5)
    state = objective.init(codec, None, draws(2))
    weight = torch.tensor([1.0, 0, 0, 0, 0, 0])
    loss, _ = objective.loss(codec, state, Batch(x, weight=weight), At.of(0))
    other = x.clone()
    other[1:] = texts(seed=9)[1:]
    again, _ = objective.loss(codec, state, Batch(other, weight=weight), At.of(0))
    assert torch.allclose(loss, again)


@pytest.mark.parametrize(
    ("stack", "space", "words"),
    [
        (Stack(Dense(4)), Space.of("real", 6), "does not begin with a stage that reads"),
        (Stack(Cells(8), Pool(), Dense(4)), TABLE, "Dense.4.* above them would stay as it is"),
    ],
)
def test_stacks_without_tokens_are_refused(stack, space, words):
    with pytest.raises(PairingError, match=words):
        MaskedTokens().check(stack.build(space, draws()), None)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: MaskedTokens(0.0), "'share' parameter"),
        (lambda: MaskedTokens(random=0.6, same=0.6), "at most 1 together"),
        (lambda: MaskedTokens(marks=0), "'marks' parameter"),
    ],
)
def test_settings_out_of_range_are_refused(make, words):
    with pytest.raises(ParameterError, match=words):
        make()
