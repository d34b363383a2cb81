"""What is measured of one arm, against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, brier_score_loss, f1_score, r2_score, recall_score

from layerwise.evaluation.measures import (
    calibration_error,
    measure_classes,
    measure_numbers,
    packed,
    row_scores,
    unpacked,
)

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


def test_the_mean_of_row_scores_is_the_accuracy_or_r2():
    truth, answer = RNG.integers(0, 2, 50), RNG.integers(0, 2, 50)
    assert row_scores(truth, answer, True).mean() == pytest.approx(accuracy_score(truth, answer))
    y, guess = RNG.normal(size=50), RNG.normal(size=50)
    assert row_scores(y, guess, False).mean() == pytest.approx(r2_score(y, guess))
    assert measure_numbers(y, guess)["r2"] == pytest.approx(r2_score(y, guess))


@pytest.mark.parametrize("count", [1, 7, 8, 9, 1000])
def test_row_scores_survive_packing(count):
    bits = RNG.integers(0, 2, count).astype(float)
    assert np.array_equal(unpacked(packed(bits, True), count, True), bits)
    numbers = RNG.normal(size=count)
    assert np.allclose(unpacked(packed(numbers, False), count, False), numbers, rtol=1e-6)


def test_a_calibrated_forecast_has_no_calibration_error_and_a_boaster_has_all():
    confidence = np.full(1000, 0.7)
    right = np.arange(1000) < 700
    assert calibration_error(confidence, right) == pytest.approx(0.0, abs=1e-9)
    assert calibration_error(np.ones(10), np.zeros(10, bool)) == 1.0
