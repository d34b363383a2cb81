"""The verdict of a study of strategies, from tables."""

from __future__ import annotations

import pytest

from layerwise.evaluation import judge_strategies, metric_named

ACCURACY = metric_named("accuracy", "classification")


def made(mean, p, states, nil=0.0):
    """Tables of one strategy beside chance."""
    gap = {"mean": mean, "low": mean - 0.01, "high": mean + 0.01, "draws": 5, "p_adjusted": p}
    gap |= {"recipe": "margin", "arm": "margin", "against": "random", "practical": 0.005}
    gap |= {"p_practically_nil": nil, "tested": True, "control": True}
    cells = [gap | {"labels": b, "state": state} for b, state in states.items()]
    overall = [gap | {"budgets": list(states)}]
    saved = [
        {"recipe": "margin", "labels": 50, "needed": 90.0, "low": 60.0, "high": None, "most": 500}
    ]
    return {
        "overall": overall,
        "differences": cells,
        "labels_saved": saved,
        "areas": [],
        "best": [],
        "summary": [],
        "against_others": [],
        "rows": [],
    }


@pytest.mark.parametrize(
    ("tables", "kind", "words"),
    [
        (made(0.03, 0.001, {20: "unclear", 50: "helps"}), "helps", "Ask by margin"),
        (made(-0.03, 0.001, {20: "hurts", 50: "hurts"}), "hurts", "drawn at random"),
        (made(0.03, 0.001, {20: "hurts", 50: "helps"}), "depends_on_labels", "where it helps"),
        (made(0.0, 0.9, {20: "hurts", 50: "helps"}), "depends_on_labels", "where it hurts"),
        (made(0.02, 0.2, {20: "nil", 50: "helps"}), "depends_on_labels", "nowhere to hurt"),
        (made(0.0, 0.9, {20: "nil", 50: "nil"}, nil=0.99), "nil", "drawn at random"),
        (made(0.01, 0.4, {20: "unclear", 50: "unclear"}), "not_separable", "more draws"),
    ],
)
def test_a_strategy_is_judged_by_all_numbers_of_labels(tables, kind, words):
    verdict = judge_strategies(tables, ACCURACY)
    assert verdict["kind"] == kind and words in verdict["advice"]
    assert verdict["about"] == "choosing"
    saves = "50 chosen labels do the work of about 90 drawn at random" in verdict["advice"]
    assert saves == (kind in ("helps", "depends_on_labels"))


def test_both_sides_of_a_strategy_are_named():
    finding = judge_strategies(made(0.0, 0.9, {20: "hurts", 50: "helps"}), ACCURACY)["finding"]
    assert "it helps with 50 labels and it hurts with 20 labels" in finding


def test_few_draws_tell_nothing():
    tables = made(0.03, 0.001, {20: "helps"})
    tables["overall"][0]["draws"] = 2
    assert judge_strategies(tables, ACCURACY)["kind"] == "too_few_draws"
