"""What is measured of one fitted arm on the test rows."""

from __future__ import annotations

import base64

import numpy as np
from sklearn.metrics import (
    f1_score,
    mean_absolute_error,
    r2_score,
    recall_score,
    root_mean_squared_error,
)

from .._durable import Facts

BINS = 15  # of the expected calibration error


def measure_classes(
    truth: np.ndarray, answer: np.ndarray, probability: np.ndarray | None, classes: int
) -> Facts:
    """Return accuracy, macro-F1, and where there are probabilities their calibration.

    Parameters
    ----------
    truth, answer : int array of shape (n,)
    probability : array of shape (n, classes), optional

    Returns
    -------
    dict
        ``accuracy``, ``macro_f1``, ``brier`` (squared error of the probabilities, summed over the
        classes, in [0, 2]), ``ece`` (in [0, 1]), ``log_loss`` (nats) and ``recall`` per class (None
        for a class that is not among the test rows).
    """
    present = np.bincount(truth, minlength=classes) > 0
    recall = recall_score(truth, answer, labels=np.arange(classes), average=None, zero_division=0)
    result: Facts = {
        "accuracy": float((truth == answer).mean()),
        "macro_f1": float(
            f1_score(
                truth, answer, labels=np.flatnonzero(present), average="macro", zero_division=0
            )
        ),
        "recall": [
            float(value) if there else None for value, there in zip(recall, present, strict=True)
        ],
    }
    if probability is not None:
        hot = np.eye(classes)[truth]
        result |= {
            "brier": float(((probability - hot) ** 2).sum(axis=1).mean()),
            "ece": calibration_error(probability.max(axis=1), probability.argmax(axis=1) == truth),
            "log_loss": surprise(truth, probability),
        }
    return result


def surprise(truth: np.ndarray, probability: np.ndarray) -> float:
    """Return the log loss in nats; a probability counts as at least 1e-6, so that one sure mistake
    does not decide everything.

    >>> round(surprise(np.array([0, 1]), np.array([[0.5, 0.5], [1.0, 0.0]])), 3)
    7.254
    """
    return -float(np.log(np.clip(probability[np.arange(len(truth)), truth], 1e-6, 1)).mean())


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


def row_scores(truth: np.ndarray, answer: np.ndarray, classes: bool) -> np.ndarray:
    """Return a score for each test row, whose mean is the accuracy or R²."""
    if classes:
        return (truth == answer).astype(float)
    return 1 - (truth - answer) ** 2 / max(float(np.var(truth)), 1e-300)


def packed(scores: np.ndarray, classes: bool) -> str:
    """Return row scores as text: a bit each for classes, else four bytes."""
    data = np.packbits(scores.astype(bool)).tobytes() if classes else scores.astype("<f4").tobytes()
    return base64.b85encode(data).decode("ascii")


def unpacked(text: str, count: int, classes: bool) -> np.ndarray:
    """Return what :func:`packed` was given.

    >>> unpacked(packed(np.array([1.0, 0.0, 1.0]), True), 3, True)
    array([1., 0., 1.])
    """
    data = base64.b85decode(text)
    if classes:
        return np.unpackbits(np.frombuffer(data, np.uint8))[:count].astype(float)
    return np.frombuffer(data, "<f4")[:count].astype(float)
