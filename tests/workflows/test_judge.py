"""Whether it helped, said no louder than the numbers allow."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import accuracy_score, r2_score

from layerwise.workflows.judge import compare, flags_of, headline, kind_of, over_draws

ARMS = ("pretrained", "random_start")


def problem(truth, task="classification"):
    return SimpleNamespace(task=task, test_y=np.array(truth, dtype=object), labelled=np.arange(7))


def test_the_interval_over_draws_is_students():
    values = [0.01, 0.03, -0.01, 0.04, 0.02]
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    found = over_draws(values)
    assert (found["low"], found["high"]) == pytest.approx((expected.low, expected.high))
    assert found["draws"] == 5


def test_one_draw_has_no_interval_and_shows_nothing():
    assert kind_of(over_draws([0.3])) == "unsure"


@pytest.mark.parametrize(
    ("low", "high", "kind"),
    [(0.01, 0.02, "helps"), (-0.02, -0.01, "hurts"), (-0.01, 0.02, "unsure"), (0.0, 0.0, "unsure")],
)
def test_the_verdict_is_the_side_of_zero(low, high, kind):
    assert kind_of({"low": low, "high": high}) == kind


def test_the_difference_is_that_of_the_scores_and_its_interval_is_paired():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 400).tolist()
    answers = {"pretrained": np.array(truth), "random_start": np.array(truth)}
    answers["pretrained"] = np.where(
        rng.random(400) < 0.1, (answers["pretrained"] + 1) % 3, answers["pretrained"]
    )
    answers["random_start"] = np.where(
        rng.random(400) < 0.3, (answers["random_start"] + 1) % 3, answers["random_start"]
    )
    scores = {arm: accuracy_score(truth, answer) for arm, answer in answers.items()}
    found = compare(problem(truth), answers, scores)
    assert found["difference"]["mean"] == pytest.approx(
        scores["pretrained"] - scores["random_start"]
    )
    wins, losses = (
        int(((answers[a] == truth) & (answers[b] != truth)).sum()) for a, b in (ARMS, ARMS[::-1])
    )
    assert (found["difference"]["low"] > 0) == (stats.binomtest(wins, wins + losses).pvalue < 0.05)
    assert found["difference"]["low"] < found["difference"]["mean"] < found["difference"]["high"]
    assert found["headline"]["kind"] == "helps"
    same = compare(
        problem(truth),
        dict.fromkeys(answers, answers["pretrained"]),
        dict.fromkeys(answers, scores["pretrained"]),
    )
    assert same["headline"]["kind"] == "unsure"
    assert same["difference"]["low"] < 0 < same["difference"]["high"]


def test_three_rows_that_differ_of_ten_show_nothing():
    truth = [0] * 10
    answers = {"pretrained": np.zeros(10, int), "random_start": np.array([1, 1, 1, *[0] * 7])}
    found = compare(problem(truth), answers, {"pretrained": 1.0, "random_start": 0.7})
    assert found["headline"]["kind"] == "unsure"


def test_in_regression_the_difference_is_that_of_r2():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=300)
    answers = {
        "pretrained": truth + rng.normal(0, 0.3, 300),
        "random_start": truth + rng.normal(0, 0.9, 300),
    }
    scores = {arm: r2_score(truth, answer) for arm, answer in answers.items()}
    found = compare(problem(truth.tolist(), "regression"), answers, scores)
    assert found["difference"]["mean"] == pytest.approx(
        scores["pretrained"] - scores["random_start"]
    )


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [("helped", 0.1, 0.2), ("hurt", -0.2, -0.1), ("no difference", -0.1, 0.1)],
)
def test_the_headline_says_which_and_that_it_is_one_draw(kind, low, high):
    said = headline(
        problem([0, 1]), {"pretrained": 0.8, "random_start": 0.7}, {"low": low, "high": high}
    )["text"]
    assert kind in said
    assert "Another draw can differ" in said
    assert "80.0%" in said


@pytest.mark.parametrize(
    ("value", "flagged"), [(0.75, True), (0.73, True), (0.715, False), (0.5, False)]
)
def test_a_control_that_is_worse_than_a_linear_model_is_flagged(value, flagged):
    assert bool(flags_of(0.7, {"name": "logistic regression", "value": value})) == flagged
