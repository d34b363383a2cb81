"""Which measure judges, where nobody asked for one."""

from __future__ import annotations

import numpy as np

from .data import StudyData
from .metrics import Metric, metric_named

UNBALANCED = 0.4  # of an equal share: a class with less makes accuracy a poor judge
HEAVY = 0.55  # of the variance in the farthest twentieth of the targets (a normal one has 0.28)


def judging(data: StudyData, asked: str | None = None) -> tuple[Metric, str]:
    """Return the metric that judges, and a sentence on why where that is not what one expects.

    Classes are judged by accuracy; where the rarest class has less than 0.4 of an equal share (20 %
    of two classes, 4 % of ten) by the log loss, which sees what accuracy does not: a model that
    always answers with the most frequent class. Numbers are judged by R²; where the farthest
    twentieth of the targets makes more than 55 % of their variance by the mean absolute error,
    for a few rows would decide R².

    Parameters
    ----------
    data : StudyData
    asked : str, optional
        The name of a metric.

    Raises
    ------
    ParameterError
        When the task has no such metric.
    """
    if asked is not None:
        metric = metric_named(asked, data.task)
        return metric, f"{metric.title[:1].upper()}{metric.title[1:]} judges, as asked."
    if data.classes:
        counts = np.bincount(data.y[data.labelled], minlength=len(data.classes))
        counts = np.where(counts, counts, counts.max())  # of the test part alone
        share = float(counts.min() / counts.sum())
        if share * len(counts) >= UNBALANCED:
            return metric_named("accuracy", data.task), ""
        name = data.classes[int(counts.argmin())]
        return metric_named("log_loss", data.task), (
            f"Log loss judges, not accuracy: the rarest class, {name!r}, has {share:.1%} of the "
            "labelled rows. Balanced accuracy, average precision and AUC are shown beside it."
        )
    share = heaviness(data.y[data.labelled])
    if share <= HEAVY:
        return metric_named("r2", data.task), ""
    return metric_named("mean_absolute_error", data.task), (
        f"The mean absolute error judges, not R²: the farthest twentieth of the targets makes "
        f"{share:.0%} of their variance, so a few rows would decide R²."
    )


def heaviness(values: np.ndarray) -> float:
    """Return the share of the variance that the farthest twentieth of the values makes.

    >>> round(heaviness(np.r_[np.zeros(99), 10.0]), 2)
    0.99
    """
    squares = np.sort((values - values.mean()) ** 2)
    total = float(squares.sum())
    farthest = squares[-max(1, round(len(squares) / 20)) :]
    return float(farthest.sum()) / total if total > 0 else 0.0


def guess(data: StudyData, labels: np.ndarray, metric: Metric) -> np.ndarray:
    """Return what a guess from labels alone answers: the share of each class, or a number (the
    mean, or where absolute errors judge the quantile that loses least).

    Parameters
    ----------
    labels : int array
        Rows whose labels are known.
    """
    known = data.y[labels]
    if data.classes:
        counts = np.bincount(known, minlength=len(data.classes))
        return counts / counts.sum()
    if metric.name == "mean_absolute_error":
        return np.array([np.median(known)])
    if metric.quantile is not None:
        return np.array([np.quantile(known, metric.quantile)])
    return np.array([known.mean()])
