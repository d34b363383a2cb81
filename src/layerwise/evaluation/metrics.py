"""The measures that arms can be compared by: each as a score of every test row.

The mean of the row scores is the measure. Where a measure is no mean over rows (balanced accuracy,
macro-F1, AUC, average precision, root mean squared error) a row's score is the measure plus the
row's influence on it, so that the variance of their mean is the measure's own, to first order.

References
----------
DeLong, DeLong and Clarke-Pearson (1988), "Comparing the areas under two or more correlated receiver
operating characteristic curves"; Efron (1982), "The jackknife, the bootstrap and other resampling
plans".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from .._errors import ParameterError, did_you_mean

SMALLEST = 1e-6  # a probability counts as at least this, so that one sure mistake is not all
FARTHEST = 5.0  # standard deviations of the target: an error beyond counts as so many
Rows = np.ndarray


@dataclass(frozen=True)
class Metric:
    """What arms are compared by.

    Parameters
    ----------
    name : str
    title : str
        For people.
    higher_is_better : bool
    points : bool
        Read in percent, its differences in points.
    bounded : bool
        Its best value is 1 and what is practically nothing is a number; else its best value is 0
        and what is practically nothing is a share of what a guess loses.
    quantile : float, optional
        Of the pinball loss.

    Examples
    --------
    >>> metric_named("auc", "classification").title
    'AUC'
    """

    name: str
    title: str
    higher_is_better: bool = True
    points: bool = False
    bounded: bool = True
    quantile: float | None = None

    @property
    def sign(self) -> int:
        """1 where more is better, -1 where less is."""
        return 1 if self.higher_is_better else -1

    def error(self, value: float) -> float:
        """Return how far a value is from the best."""
        return abs(value - (1.0 if self.bounded else 0.0))


CLASSES = (
    Metric("accuracy", "accuracy", points=True),
    Metric("balanced_accuracy", "balanced accuracy", points=True),
    Metric("macro_f1", "macro-F1"),
    Metric("log_loss", "log loss", higher_is_better=False, bounded=False),
    Metric("auc", "AUC"),
    Metric("average_precision", "average precision"),
    Metric("brier", "Brier score", higher_is_better=False, bounded=False),
)
OF_ANSWERS = ("accuracy", "balanced_accuracy", "macro_f1")  # they need no probabilities
NUMBERS = (
    Metric("r2", "R²"),
    Metric("mean_absolute_error", "mean absolute error", False, bounded=False),
    Metric("root_mean_squared_error", "root mean squared error", False, bounded=False),
    Metric("pinball", "pinball loss", False, bounded=False, quantile=0.5),
)
_OF = {"classification": CLASSES, "regression": NUMBERS}
_SHORT = {"mae": "mean_absolute_error", "rmse": "root_mean_squared_error", "f1": "macro_f1"}


def metric_named(name: str, task: str) -> Metric:
    """Return a metric of a task by its name.

    Parameters
    ----------
    name : str
        ``pinball`` may have a quantile: ``pinball:0.9``.
    task : {'classification', 'regression'}

    Raises
    ------
    ParameterError
        When there is none of this name for the task.

    Examples
    --------
    >>> metric_named("pinball:0.9", "regression").quantile
    0.9
    """
    base, _, rest = str(name).partition(":")
    known = {metric.name: metric for metric in _OF[task]}
    metric = known.get(_SHORT.get(base, base))
    if metric is None:
        raise ParameterError(
            f"There is no metric {name!r} for a {task}; there are {', '.join(known)}.",
            did_you_mean(base, known),
        )
    if not rest:
        return metric
    return _at_quantile(metric, str(name), rest)


def _at_quantile(metric: Metric, name: str, text: str) -> Metric:
    try:
        quantile = float(text)
    except ValueError:
        quantile = -1.0
    if metric.quantile is None or not 0 < quantile < 1:
        raise ParameterError(
            f"The metric {name!r} was asked for; only pinball takes a quantile, between 0 and 1.",
            "For example pinball:0.9",
        )
    return Metric(
        f"pinball:{quantile:g}",
        f"pinball loss at {quantile:g}",
        metric.higher_is_better,
        bounded=metric.bounded,
        quantile=quantile,
    )


def class_rows(
    truth: np.ndarray, answer: np.ndarray, probability: np.ndarray | None, classes: int
) -> dict[str, Rows]:
    """Return a score of each test row under every metric of classes that is defined.

    Parameters
    ----------
    truth, answer : int array of shape (n,)
    probability : array of shape (n, classes), optional
        Without it there are accuracy, balanced accuracy and macro-F1.

    Returns
    -------
    dict of str to array of shape (n,)
        AUC and average precision are the mean over the classes, each against all others; of two
        classes average precision is that of the rarer. They are left out where fewer than two
        classes have test rows.
    """
    rows: dict[str, Rows] = {
        "accuracy": (truth == answer).astype(float),
        "balanced_accuracy": _balanced(truth, answer),
        "macro_f1": _macro_f1(truth, answer),
    }
    if probability is None:
        return rows
    own = np.clip(probability[np.arange(len(truth)), truth], SMALLEST, 1)
    rows["log_loss"] = -np.log(own)
    rows["brier"] = ((probability - np.eye(classes)[truth]) ** 2).sum(axis=1)
    counts = np.bincount(truth, minlength=classes)
    present = np.flatnonzero(counts)
    if len(present) < 2:
        return rows
    areas, rarest = (present, present) if classes > 2 else ([1], [int(counts.argmin())])
    rows["auc"] = np.mean([_area(truth == c, probability[:, c]) for c in areas], axis=0)
    rows["average_precision"] = np.mean(
        [_precision(truth == c, probability[:, c]) for c in rarest], axis=0
    )
    return rows


def number_rows(metric: Metric, error: np.ndarray, variance: float, spread: float) -> Rows:
    """Return a score of each test row under a metric of numbers.

    Parameters
    ----------
    error : array of shape (n,)
        Truth minus answer.
    variance : float
        Of the truths of these rows.
    spread : float
        Standard deviation of the target in all labelled rows: an error of more than five of them
        counts as five, so that one diverged fit does not decide everything.
    """
    cut = np.clip(np.nan_to_num(error, nan=np.inf), -FARTHEST * spread, FARTHEST * spread)
    if metric.name == "r2":
        return 1 - cut**2 / max(variance, 1e-300)
    if metric.name == "mean_absolute_error":
        return np.abs(cut)
    if metric.quantile is not None:
        return np.maximum(metric.quantile * cut, (metric.quantile - 1) * cut)
    root = float(np.sqrt((cut**2).mean()))
    return root + (cut**2 - root**2) / (2 * root) if root else np.zeros(len(cut))


def _balanced(truth: np.ndarray, answer: np.ndarray) -> Rows:
    right, n = (truth == answer).astype(float), len(truth)
    counts = np.bincount(truth)
    recall = np.bincount(truth, weights=right) / np.maximum(counts, 1)
    present = int((counts > 0).sum())
    mean = float(recall[counts > 0].mean())
    return mean + n / (present * counts[truth]) * (right - recall[truth])


def _macro_f1(truth: np.ndarray, answer: np.ndarray) -> Rows:
    """The mean over the classes that have test rows, as scikit-learn has it with those labels."""
    n, present = len(truth), np.unique(truth)
    total = np.zeros(n)
    for c in present:
        is_c, said = truth == c, answer == c
        both = is_c.sum() + said.sum()
        f1 = 2 * (is_c & said).sum() / both
        total += f1 + n * (2.0 * (is_c & said) - f1 * (is_c.astype(float) + said)) / both
    return total / len(present)


def _area(positive: np.ndarray, score: np.ndarray) -> Rows:
    """The area under the ROC curve, and each row's placement among those of the other kind."""
    n, first = len(positive), int(positive.sum())
    second = n - first
    rank, placed = rankdata(score), np.empty(n)
    placed[positive] = (rank[positive] - rankdata(score[positive])) / second
    placed[~positive] = 1 - (rank[~positive] - rankdata(score[~positive])) / first
    area = float(placed[positive].mean())
    return area + np.where(positive, n / first, n / second) * (placed - area)


def _precision(positive: np.ndarray, score: np.ndarray) -> Rows:
    """Average precision, and what it is without each row (a jackknife in one pass)."""
    n, first = len(positive), int(positive.sum())
    _, group = np.unique(-score, return_inverse=True)  # the highest score first; ties together
    hits = np.bincount(group, weights=positive).astype(float)
    found, seen = np.cumsum(hits), np.cumsum(np.bincount(group)).astype(float)
    whole = float((hits * found / seen).sum()) / first
    before = np.concatenate([[0.0], np.cumsum(hits * found / seen)])
    less = np.maximum(seen - 1, 1)
    other = _from_here(hits * found / less)
    mine = _from_here(hits * (found - 1) / less)
    without_other = (before[group] + other[group]) / first
    own = (hits - 1) * (found - 1) / less
    without_mine = (before[group] + own[group] + mine[group + 1]) / max(first - 1, 1)
    left = np.where(positive, without_mine, without_other)
    influence = (n - 1) * (whole - left)
    return whole + influence - influence.mean()


def _from_here(values: np.ndarray) -> np.ndarray:
    """Return at each place the sum from there on, and 0 past the end."""
    return np.concatenate([np.cumsum(values[::-1])[::-1], [0.0]])
