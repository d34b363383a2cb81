"""What is measured of one fitted arm on the test rows."""

from __future__ import annotations

import base64
from collections.abc import Mapping

import numpy as np
from sklearn.metrics import (
    mean_absolute_error,
    r2_score,
    recall_score,
    root_mean_squared_error,
)

from .._durable import Facts
from .metrics import SMALLEST, Metric, class_rows, number_rows

BINS = 15  # of the expected calibration error


def measure_classes(
    truth: np.ndarray, answer: np.ndarray, probability: np.ndarray | None, classes: int
) -> Facts:
    """Return what the row scores of :mod:`.metrics` are on average, and what is no mean over rows.

    Parameters
    ----------
    truth, answer : int array of shape (n,)
    probability : array of shape (n, classes), optional

    Returns
    -------
    dict
        ``accuracy``, ``balanced_accuracy``, ``macro_f1``; with probabilities ``log_loss`` (nats),
        ``brier`` (squared error of the probabilities, summed over the classes, in [0, 2]), ``auc``,
        ``average_precision`` and ``ece`` (in [0, 1]); ``recall`` per class (None for a class that
        is not among the test rows), and ``answered``, how many classes were ever answered.
    """
    rows = class_rows(truth, answer, probability, classes)
    present = np.bincount(truth, minlength=classes) > 0
    recall = recall_score(truth, answer, labels=np.arange(classes), average=None, zero_division=0)
    result: Facts = {name: float(values.mean()) for name, values in rows.items()}
    if probability is not None:
        top = probability.argmax(axis=1) == truth
        result["ece"] = calibration_error(probability.max(axis=1), top)
    return result | {
        "recall": [
            float(value) if there else None for value, there in zip(recall, present, strict=True)
        ],
        "answered": len(np.unique(answer)),
    }


def surprise(truth: np.ndarray, probability: np.ndarray) -> float:
    """Return the log loss in nats; a probability counts as at least 1e-6, so that one sure mistake
    does not decide everything.

    >>> round(surprise(np.array([0, 1]), np.array([[0.5, 0.5], [1.0, 0.0]])), 3)
    7.254
    """
    return -float(np.log(np.clip(probability[np.arange(len(truth)), truth], SMALLEST, 1)).mean())


def measure_numbers(truth: np.ndarray, answer: np.ndarray) -> Facts:
    """Return R², mean absolute error and root mean squared error."""
    return {
        "r2": float(r2_score(truth, answer)),
        "mean_absolute_error": float(mean_absolute_error(truth, answer)),
        "root_mean_squared_error": float(root_mean_squared_error(truth, answer)),
    }


def calibration_error(confidence: np.ndarray, right: np.ndarray) -> float:
    """Return the expected calibration error of the top class, over 15 bins of equal width.

    References
    ----------
    Naeini, Cooper and Hauskrecht (2015), "Obtaining well calibrated probabilities using Bayesian
    binning"; Guo, Pleiss, Sun and Weinberger (2017), "On calibration of modern neural networks".

    >>> calibration_error(np.array([0.9, 0.9, 0.9, 0.9]), np.array([True, True, True, False]))
    0.15
    """
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [abs((confidence[bins == b] - right[bins == b]).sum()) for b in np.unique(bins)]
    return round(float(sum(gaps) / len(right)), 12)


def packed_rows(
    truth: np.ndarray, answer: np.ndarray, probability: np.ndarray | None, classes: int
) -> dict[str, str]:
    """Return as text what every metric can be computed from again: of classes a score of each test
    row under every metric, of numbers each row's error."""
    if not classes:
        return {"error": packed(truth - answer, "<f8")}
    rows = class_rows(truth, answer, probability, classes)
    return {name: packed(values, _kind(name)) for name, values in rows.items()}


def unpacked_rows(
    metric: Metric, kept: Mapping[str, str], truth: np.ndarray, classes: int, spread: float
) -> np.ndarray | None:
    """Return the score of each test row under a metric from what :func:`packed_rows` kept; None
    where it was not defined."""
    if not classes:
        error = unpacked(kept["error"], len(truth), "<f8")
        return number_rows(metric, error, float(np.var(truth)), spread)
    text = kept.get(metric.name)
    return None if text is None else unpacked(text, len(truth), _kind(metric.name))


def _kind(name: str) -> str:
    return "bits" if name == "accuracy" else "<f4"


def packed(values: np.ndarray, kind: str) -> str:
    """Return numbers as text: a bit each, or as numpy's type of that name."""
    data = np.packbits(values.astype(bool)) if kind == "bits" else values.astype(kind)
    return base64.b85encode(data.tobytes()).decode("ascii")


def unpacked(text: str, count: int, kind: str) -> np.ndarray:
    """Return what :func:`packed` was given.

    >>> unpacked(packed(np.array([1.0, 0.0, 1.0]), "bits"), 3, "bits")
    array([1., 0., 1.])
    """
    data = base64.b85decode(text)
    if kind == "bits":
        return np.unpackbits(np.frombuffer(data, np.uint8))[:count].astype(float)
    return np.frombuffer(data, kind)[:count].astype(float)
