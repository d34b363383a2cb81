"""One context for a step: streams by name and place, and torch's own state untouched."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import layerwise
from layerwise import BY_HAND, At, seeded
from layerwise._random import Keys, Streams, dropout


def drawn(generator):
    return torch.rand(3, generator=generator).tolist()


def test_a_stream_is_a_function_of_seed_name_and_place():
    one = drawn(At.of(0, epoch=1, step=2).stream("view", 1))
    assert one == drawn(At.of(0, epoch=1, step=2).stream("view", 1))
    others = [
        At.of(1, epoch=1, step=2).stream("view", 1),
        At.of(0, epoch=1, step=2).stream("view", 2),
        At.of(0, epoch=1, step=2).noise,
        At.of(0, epoch=1, step=3).stream("view", 1),
        At.of(0, epoch=2, step=2).stream("view", 1),
        At.of(Keys(0).under("phase"), epoch=1, step=2).stream("view", 1),
    ]
    values = [drawn(other) for other in others]
    assert one not in values and len({tuple(v) for v in values}) == len(values)


def test_a_stream_goes_on_within_a_step_and_begins_anew_in_the_next():
    streams = Streams(Keys(0))
    at = streams.at(0, 0)
    first, second = drawn(at.noise), drawn(at.noise)
    assert first != second
    assert drawn(streams.at(0, 1).noise) == drawn(At.of(0, step=1).noise)
    assert drawn(streams.at(0, 0).noise) == first  # back at a place, back at its beginning


def test_what_is_seen_is_said_without_moving_a_stream():
    at = At.of(0)
    keep = torch.tensor([[1]])
    seen = at.seeing(keep=keep)
    assert seen.keep is keep and at.keep is None and seen.share == at.share
    first = drawn(at.noise)
    assert first != drawn(seen.noise)  # one stream, not two


def test_by_hand_torchs_own_generator_is_used():
    torch.manual_seed(0)
    first = drawn(BY_HAND.noise)
    torch.manual_seed(0)
    assert first == drawn(BY_HAND.dropout) == first
    kept = dropout(torch.ones(10_000), 0.25, BY_HAND.dropout)
    assert float((kept == 0).float().mean()) == pytest.approx(0.25, abs=0.02)
    assert kept.unique().tolist() == pytest.approx([0.0, 1 / 0.75])


def test_stock_modules_draw_from_a_generator_inside_seeded():
    state = torch.get_rng_state()
    generator = torch.Generator().manual_seed(3)
    with seeded(generator):
        first = nn.Linear(3, 3).weight
    with seeded(generator):
        other = nn.Linear(3, 3).weight
    with seeded(torch.Generator().manual_seed(3)):
        again = nn.Linear(3, 3).weight
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert torch.equal(state, torch.get_rng_state())
    with pytest.raises(RuntimeError, match="within"), seeded(generator):
        raise RuntimeError("within")
    assert torch.equal(state, torch.get_rng_state())


def test_a_module_built_without_memory_may_be_seeded_too():
    with torch.device("meta"), seeded(torch.Generator()):
        assert nn.Linear(2, 2).weight.is_meta


def test_the_old_name_of_the_context_warns_and_is_the_new_one():
    with pytest.warns(DeprecationWarning, match=r"layerwise.Draws is called layerwise.At now"):
        assert layerwise.Draws is At
