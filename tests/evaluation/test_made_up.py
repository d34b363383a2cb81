"""The verdict of a study of made-up rows, from tables."""

from __future__ import annotations

import pytest
from tests.evaluation.test_asked import made

from layerwise.evaluation import judge_made_up, metric_named

ACCURACY = metric_named("accuracy", "classification")


@pytest.mark.parametrize(
    ("tables", "kind", "finding", "advice"),
    [
        (
            made(0.03, 0.001, {20: "unclear", 50: "helps"}),
            "helps",
            "Made-up rows help: over 20 to 50 labels",
            "Fine-tune on real and made-up rows.",
        ),
        (
            made(-0.03, 0.001, {20: "hurts", 50: "hurts"}),
            "hurts",
            "Made-up rows hurt: over 20 to 50 labels",
            "Make no rows up: they hurt.",
        ),
        (
            made(0.0, 0.9, {20: "hurts", 50: "helps"}),
            "depends_on_labels",
            "it helps with 50 labels and it hurts with 20 labels",
            "only with the numbers of labels where they help",
        ),
        (
            made(0.0, 0.9, {20: "nil", 50: "nil"}, nil=0.99),
            "nil",
            "Made-up rows make no practical difference",
            "they change nothing that matters",
        ),
        (
            made(0.01, 0.4, {20: "unclear", 50: "unclear"}),
            "not_separable",
            "Made-up rows are not shown to be worth anything",
            "more draws",
        ),
    ],
)
def test_made_up_rows_may_help_hurt_or_neither(tables, kind, finding, advice):
    verdict = judge_made_up(tables, ACCURACY)
    assert verdict["kind"] == kind and verdict["about"] == "made-up rows"
    assert finding in verdict["finding"] and advice in verdict["advice"]
    assert "retrain" not in verdict["finding"] + verdict["advice"]


def test_few_draws_tell_nothing():
    tables = made(0.03, 0.001, {20: "helps"})
    tables["overall"][0]["draws"] = 2
    assert judge_made_up(tables, ACCURACY)["kind"] == "too_few_draws"
