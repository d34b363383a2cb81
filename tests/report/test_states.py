"""What is known at a budget, and why."""

from __future__ import annotations

from typing import Any

import pytest

from layerwise.report.states import reason_of, state_of


def row(**changes: Any) -> dict[str, Any]:
    plain = {"recipe": "a", "labels": 50, "mean": 0.02, "low": 0.01, "high": 0.03, "p": 0.02}
    return plain | {"p_adjusted": 0.08, "p_practically_nil": 0.1} | changes


def facts(**verdict: Any) -> dict[str, Any]:
    return {"verdict": {"recipe": "a", "kind": "helps"} | verdict, "study": {"practical": 0.005}}


def reason(one: dict[str, Any], known: dict[str, Any], count: int = 4) -> str:
    return reason_of(one, state_of(one, known), [row()] * count, known, "accuracy")


@pytest.mark.parametrize("state", ["helps", "hurts", "nil", "unclear"])
def test_the_verdict_says_what_is_known_of_its_recipe(state: str) -> None:
    assert state_of(row(), facts(**{f"{state}_at": [50]})) == state


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"p_adjusted": 0.01}, "helps"),
        ({"p_adjusted": 0.01, "mean": -0.02}, "hurts"),
        ({"p_adjusted": 0.01, "p_practically_nil": 0.97}, "nil"),
        ({}, "unclear"),
        ({"p_adjusted": None, "p_practically_nil": None}, "unclear"),
        ({"mean": None, "low": None, "high": None}, "none"),
    ],
)
def test_another_recipe_is_judged_by_the_same_rules(changes: dict[str, Any], state: str) -> None:
    assert state_of(row(recipe="b", **changes), facts()) == state


def test_a_recipe_that_does_not_differ_claims_nothing() -> None:
    gate = {"recipe": "b", "control": True, "p_adjusted": 0.3}
    one = row(recipe="b", p_adjusted=0.01)
    known = facts() | {"overall": [gate]}
    assert state_of(one, known) == "unclear"
    assert reason(one, known) == (
        "excludes zero alone; the mean over all budgets is not shown to differ"
    )


def test_an_interval_that_excludes_zero_without_a_claim_says_why() -> None:
    known = facts(unclear_at=[50])
    assert reason(row(), known) == "excludes zero alone; not after adjusting for 4 comparisons"
    assert reason(row(low=-0.01), known) == ""
    assert reason(row(low=None, high=None), known) == ""


def test_practically_nothing_that_is_not_zero_says_how_little() -> None:
    known = facts(nil_at=[50])
    assert reason(row(), known) == (
        "excludes zero, but is surely within ± 0.50 points: too little to matter"
    )


def test_a_claim_needs_no_reason_and_a_given_reason_goes_first() -> None:
    assert reason(row(), facts(helps_at=[50])) == ""
    assert reason(row(reason="because"), facts(helps_at=[50])) == "because"
