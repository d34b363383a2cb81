"""The scores of a model on labelled rows, against scikit-learn's and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import (
    balanced_accuracy_score,
    f1_score,
    log_loss,
    mean_absolute_error,
    r2_score,
    roc_auc_score,
    root_mean_squared_error,
)

from layerwise.evaluation import scores_of_classes, scores_of_numbers


def answers(n=200, k=3, seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.integers(k, size=n)
    logits = rng.normal(size=(n, k)) + 2 * np.eye(k)[truth]
    probability = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return truth, probability


@pytest.mark.parametrize("k", [2, 3])
def test_the_measures_of_classes_are_those_of_scikit_learn(k):
    truth, probability = answers(k=k)
    names = ["a", "b", "c"][:k]
    found = scores_of_classes([names[i] for i in truth], names, probability)
    said = probability.argmax(axis=1)
    values = {name: measure["value"] for name, measure in found["measures"].items()}
    area = roc_auc_score(
        truth, probability[:, 1] if k == 2 else probability, multi_class="ovr", average="macro"
    )
    assert values == pytest.approx(
        {
            "accuracy": (truth == said).mean(),
            "balanced_accuracy": balanced_accuracy_score(truth, said),
            "macro_f1": f1_score(truth, said, average="macro"),
            "log_loss": log_loss(truth, probability),
            "auc": area,
        }
    )
    assert np.array(found["confusion"]["matrix"]).sum() == 200 and found["unknown"] == {}
    for name in ("accuracy", "balanced_accuracy", "macro_f1", "log_loss"):
        measure = found["measures"][name]
        assert measure["low"] < measure["value"] < measure["high"]


def test_the_interval_of_the_accuracy_is_wilsons():
    probability = np.eye(2)[[0] * 100]
    measure = scores_of_classes(["a"] * 90 + ["b"] * 10, ["a", "b"], probability)["measures"]
    assert (measure["accuracy"]["low"], measure["accuracy"]["high"]) == pytest.approx(
        (0.8256, 0.9448), abs=1e-4
    )
    assert measure["auc"]["value"] == pytest.approx(0.5)


def test_classes_that_the_model_does_not_know_are_errors_and_named():
    truth, probability = answers()
    names = ["a", "b", "c"]
    known = scores_of_classes([names[i] for i in truth], names, probability)
    more = scores_of_classes(
        [names[i] for i in truth] + ["new"] * 50, names, np.vstack([probability, probability[:50]])
    )
    assert more["unknown"] == {"new": 50}
    value = known["measures"]["accuracy"]["value"]
    assert more["measures"]["accuracy"]["value"] == pytest.approx(value * 200 / 250)
    assert more["classes"][-1]["recall"] == 0 and more["classes"][-1]["precision"] is None
    assert np.isfinite(more["measures"]["log_loss"]["value"])
    assert more["measures"]["log_loss"]["value"] > known["measures"]["log_loss"]["value"]
    assert len(more["confusion"]["matrix"]) == 4


def test_numbers_are_classes_whatever_their_type_and_texts_are_others():
    probability = np.eye(2)
    assert scores_of_classes([0, 1], [0.0, 1.0], probability)["unknown"] == {}
    assert scores_of_classes(["0", "1"], [0, 1], probability)["unknown"] == {"0": 1, "1": 1}


def test_an_auc_needs_rows_of_every_class():
    found = scores_of_classes(["a", "b"], ["a", "b", "c"], np.eye(3)[[0, 1]])
    assert found["measures"]["auc"]["value"] is None


def test_one_row_has_a_score():
    found = scores_of_classes(["a"], ["a", "b"], np.array([[0.9, 0.1]]))["measures"]
    assert found["accuracy"]["value"] == 1 and found["log_loss"]["low"] is None


def test_the_measures_of_numbers_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=300)
    said = truth + 0.5 * rng.normal(size=300)
    found = scores_of_numbers(truth, said)["measures"]
    assert {name: measure["value"] for name, measure in found.items()} == pytest.approx(
        {
            "r2": r2_score(truth, said),
            "mean_absolute_error": mean_absolute_error(truth, said),
            "root_mean_squared_error": root_mean_squared_error(truth, said),
        }
    )
    assert all(m["low"] < m["value"] < m["high"] for m in found.values())


def test_targets_that_do_not_vary_have_no_r2():
    found = scores_of_numbers(np.ones(5), np.zeros(5))["measures"]
    assert found["r2"]["value"] is None and found["mean_absolute_error"]["value"] == 1
