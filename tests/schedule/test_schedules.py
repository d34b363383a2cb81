"""A schedule is integers."""

from __future__ import annotations

import pytest

from layerwise import Greedy, HeadOnly, Joint, ParameterError, Progressive, Unfreeze


@pytest.mark.parametrize(
    ("schedule", "phases"),
    [
        (Greedy(2), [(0, 0, 2), (1, 1, 2), (2, 2, 2)]),
        (Greedy((3, 2, 1)), [(0, 0, 3), (1, 1, 2), (2, 2, 1)]),
        (Progressive(4), [(0, 0, 4), (0, 1, 4), (0, 2, 4)]),
        (Joint(5), [(0, 2, 5)]),
        (HeadOnly(5), [(3, 2, 5)]),
        (Unfreeze(1), [(2, 2, 1), (1, 2, 1), (0, 2, 1)]),
    ],
)
def test_phases(schedule, phases):
    assert [tuple(phase) for phase in schedule.phases(3)] == phases


def test_epochs_for_another_number_of_phases_are_refused():
    with pytest.raises(
        ParameterError, match="lists epochs for 2 phases; a stack of 3 stages has 3"
    ):
        list(Greedy((1, 2)).phases(3))


def test_negative_epochs_are_refused():
    with pytest.raises(ParameterError, match=r"in the range \[0, inf\). Got -1"):
        Joint(-1)
