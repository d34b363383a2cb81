"""What is measured of one arm, against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    brier_score_loss,
    f1_score,
    log_loss,
    mean_absolute_error,
    mean_pinball_loss,
    r2_score,
    recall_score,
    roc_auc_score,
    root_mean_squared_error,
)

from layerwise import ParameterError
from layerwise.evaluation import CLASSES, NUMBERS, metric_named
from layerwise.evaluation.measures import (
    calibration_error,
    measure_classes,
    measure_numbers,
    packed,
    packed_rows,
    unpacked,
    unpacked_rows,
)
from layerwise.evaluation.metrics import class_rows, number_rows

RNG = np.random.default_rng(0)


def test_measures_of_classes_agree_with_scikit_learn():
    truth = RNG.integers(0, 3, 200)
    probability = RNG.dirichlet(np.ones(3), 200)
    answer = probability.argmax(axis=1)
    found = measure_classes(truth, answer, probability, 3)
    assert found["accuracy"] == pytest.approx(accuracy_score(truth, answer))
    assert found["macro_f1"] == pytest.approx(f1_score(truth, answer, average="macro"))
    assert found["recall"] == pytest.approx(recall_score(truth, answer, average=None).tolist())
    assert found["brier"] == pytest.approx(
        brier_score_loss(truth, probability, labels=[0, 1, 2], scale_by_half=False)
    )


def test_a_class_without_test_rows_has_no_recall():
    found = measure_classes(np.array([0, 1, 1]), np.array([0, 1, 2]), None, 3)
    assert found["recall"] == [1.0, 0.5, None]
    assert "brier" not in found


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("classes", [2, 3, 5])
def test_the_mean_of_row_scores_is_the_measure_as_scikit_learn_has_it(classes, ties):
    truth, probability = forecasts(classes, ties)
    answer = probability.argmax(axis=1)
    found = {
        name: rows.mean() for name, rows in class_rows(truth, answer, probability, classes).items()
    }
    hot = np.eye(classes)[truth].astype(bool)
    columns = [int(np.bincount(truth).argmin())] if classes == 2 else range(classes)
    expected = {
        "accuracy": accuracy_score(truth, answer),
        "balanced_accuracy": balanced_accuracy_score(truth, answer),
        "macro_f1": f1_score(truth, answer, average="macro"),
        "log_loss": log_loss(truth, probability, labels=range(classes)),
        "brier": brier_score_loss(truth, probability, labels=range(classes), scale_by_half=False),
        "auc": roc_auc_score(truth, probability[:, 1])
        if classes == 2
        else roc_auc_score(truth, probability, multi_class="ovr"),
        "average_precision": np.mean(
            [average_precision_score(hot[:, c], probability[:, c]) for c in columns]
        ),
    }
    assert found == pytest.approx(expected)


def forecasts(classes, ties, n=80):
    rng = np.random.default_rng(classes)
    truth = rng.integers(0, classes, n)
    probability = rng.dirichlet(np.ones(classes), n)
    if ties:
        probability = np.round(probability, 1) + 1e-3
        probability /= probability.sum(axis=1, keepdims=True)
    return truth, probability


def test_a_rows_share_of_average_precision_is_the_jackknifes():
    truth, probability = forecasts(2, True)
    rare = int(np.bincount(truth).argmin())
    hit, score = truth == rare, probability[:, rare]
    rows = class_rows(truth, probability.argmax(axis=1), probability, 2)["average_precision"]
    n, whole = len(truth), average_precision_score(hit, score)
    left = [average_precision_score(np.delete(hit, i), np.delete(score, i)) for i in range(n)]
    pseudo = (n - 1) * (whole - np.array(left))
    assert rows - whole == pytest.approx(pseudo - pseudo.mean(), abs=1e-9)


@pytest.mark.parametrize("name", ["balanced_accuracy", "macro_f1", "auc", "average_precision"])
def test_the_variance_of_row_scores_is_that_of_the_measure_when_rows_are_drawn_again(name):
    truth, probability = forecasts(3, False, 300)
    answer = probability.argmax(axis=1)
    rows = class_rows(truth, answer, probability, 3)[name]
    rng, values = np.random.default_rng(0), []
    for _ in range(400):
        i = rng.integers(0, 300, 300)
        values.append(class_rows(truth[i], answer[i], probability[i], 3)[name].mean())
    assert rows.std(ddof=1) / np.sqrt(300) == pytest.approx(np.std(values), rel=0.15)


def test_a_measure_that_needs_two_classes_is_left_out_where_there_is_one():
    truth = np.zeros(5, dtype=int)
    rows = class_rows(truth, truth, np.full((5, 2), 0.5), 2)
    assert "auc" not in rows and "average_precision" not in rows and "log_loss" in rows
    assert "log_loss" not in class_rows(truth, truth, None, 2)


def numbers(name, y, guess, spread=10.0):
    metric = metric_named(name, "regression")
    return number_rows(metric, y - guess, float(np.var(y)), spread)


def test_row_scores_of_numbers_agree_with_scikit_learn():
    y, guess = RNG.normal(size=50), RNG.normal(size=50)
    expected = {
        "r2": r2_score(y, guess),
        "mean_absolute_error": mean_absolute_error(y, guess),
        "root_mean_squared_error": root_mean_squared_error(y, guess),
        "pinball:0.9": mean_pinball_loss(y, guess, alpha=0.9),
        "pinball": mean_pinball_loss(y, guess, alpha=0.5),
    }
    assert {name: numbers(name, y, guess).mean() for name in expected} == pytest.approx(expected)
    assert measure_numbers(y, guess)["r2"] == pytest.approx(r2_score(y, guess))


def test_an_error_of_more_than_five_standard_deviations_counts_as_five():
    y, guess = np.zeros(10), np.zeros(10)
    guess[0] = 1e9
    assert numbers("mean_absolute_error", y, guess, 1.0).mean() == pytest.approx(0.5)
    guess[0] = np.nan
    assert numbers("mean_absolute_error", y, guess, 1.0).mean() == pytest.approx(0.5)


@pytest.mark.parametrize("count", [1, 7, 8, 9, 1000])
def test_row_scores_survive_packing(count):
    bits = RNG.integers(0, 2, count).astype(float)
    assert np.array_equal(unpacked(packed(bits, "bits"), count, "bits"), bits)
    values = RNG.normal(size=count)
    assert np.array_equal(unpacked(packed(values, "<f8"), count, "<f8"), values)


@pytest.mark.parametrize("name", [m.name for m in CLASSES])
def test_every_metric_of_classes_is_computed_from_what_is_kept(name):
    truth, probability = forecasts(3, False)
    answer = probability.argmax(axis=1)
    kept = packed_rows(truth, answer, probability, 3)
    rows = unpacked_rows(metric_named(name, "classification"), kept, truth, 3, 0.0)
    assert rows == pytest.approx(class_rows(truth, answer, probability, 3)[name], rel=1e-5)


@pytest.mark.parametrize("name", [*(m.name for m in NUMBERS), "pinball:0.1"])
def test_every_metric_of_numbers_is_computed_from_what_is_kept(name):
    y, guess = RNG.normal(size=20), RNG.normal(size=20)
    kept = packed_rows(y, guess, None, 0)
    rows = unpacked_rows(metric_named(name, "regression"), kept, y, 0, 10.0)
    assert rows == pytest.approx(numbers(name, y, guess))


@pytest.mark.parametrize(
    ("name", "task", "words"),
    [
        ("acuracy", "classification", "There is no metric 'acuracy' for a classification"),
        ("r2", "classification", "there are accuracy, balanced_accuracy"),
        ("pinball:2", "regression", "only pinball takes a quantile, between 0 and 1"),
        ("r2:0.5", "regression", "only pinball takes a quantile"),
    ],
)
def test_a_metric_that_is_none_is_told(name, task, words):
    with pytest.raises(ParameterError, match=words):
        metric_named(name, task)


def test_a_calibrated_forecast_has_no_calibration_error_and_a_boaster_has_all():
    confidence = np.full(1000, 0.7)
    right = np.arange(1000) < 700
    assert calibration_error(confidence, right) == pytest.approx(0.0, abs=1e-9)
    assert calibration_error(np.ones(10), np.zeros(10, bool)) == 1.0
