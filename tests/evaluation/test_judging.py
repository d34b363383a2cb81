"""Which measure judges where nobody asked for one, and what a guess is worth."""

from __future__ import annotations

import numpy as np
import pytest

from layerwise import ParameterError
from layerwise.evaluation import StudyData, judging, metric_named
from layerwise.evaluation.judging import guess, heaviness


def classes(*counts):
    y = np.repeat(np.arange(len(counts)), counts)
    keys = tuple(i.to_bytes(4, "big") for i in range(len(y)))
    return StudyData(
        "made up", np.zeros((len(y), 1)), y, tuple("abcdefghij"[: len(counts)]), keys=keys
    )


def numbers(y):
    keys = tuple(i.to_bytes(4, "big") for i in range(len(y)))
    return StudyData("made up", np.zeros((len(y), 1)), np.asarray(y, float), (), keys=keys)


@pytest.mark.parametrize(
    ("counts", "name"),
    [
        ((50, 50), "accuracy"),
        ((79, 21), "accuracy"),
        ((81, 19), "log_loss"),
        ((98, 2), "log_loss"),
        ((10,) * 10, "accuracy"),
        ((20,) * 9 + (5,), "log_loss"),
        ((40, 40, 10), "log_loss"),
    ],
)
def test_unbalanced_classes_are_judged_by_the_log_loss(counts, name):
    metric, why = judging(classes(*counts))
    assert metric.name == name and bool(why) == (name == "log_loss")


def test_the_choice_is_told_with_the_rarest_class():
    _, why = judging(classes(980, 20))
    assert why == (
        "Log loss judges, not accuracy: the rarest class, 'b', has 2.0% of the labelled rows. "
        "Balanced accuracy, average precision and AUC are shown beside it."
    )


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n", [120, 1000])
def test_heavy_tails_are_judged_by_the_mean_absolute_error(seed, n):
    z = np.random.default_rng(seed).normal(size=n)
    assert judging(numbers(z))[0].name == "r2"
    assert judging(numbers(np.exp(1.5 * z)))[0].name == "mean_absolute_error"


def test_what_is_asked_for_judges():
    assert judging(classes(98, 2), "accuracy")[0].name == "accuracy"
    assert judging(classes(98, 2), "auc")[1] == "AUC judges, as asked."
    with pytest.raises(ParameterError, match="There is no metric 'r2' for a classification"):
        judging(classes(5, 5), "r2")


def test_heaviness_is_the_share_of_the_farthest_twentieth():
    assert heaviness(np.ones(10)) == 0.0
    assert heaviness(np.random.default_rng(0).normal(size=100_000)) == pytest.approx(0.28, abs=0.01)


def test_a_guess_answers_with_what_the_labels_alone_say():
    data = classes(6, 4)
    metric = metric_named("log_loss", "classification")
    assert guess(data, np.arange(10), metric).tolist() == [0.6, 0.4]
    y = numbers([0.0, 0.0, 9.0])
    rows = np.arange(3)
    assert guess(y, rows, metric_named("r2", "regression")) == [3.0]
    assert guess(y, rows, metric_named("mae", "regression")) == [0.0]
    assert guess(y, rows, metric_named("pinball:1e-6", "regression"))[0] == pytest.approx(
        0, abs=1e-3
    )
