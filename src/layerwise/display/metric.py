"""How a metric is written on an axis."""

from __future__ import annotations

_SHARES = ("accuracy", "balanced_accuracy")
_NAMES = {
    "r2": "R²",
    "auc": "AUC",
    "macro_f1": "macro F1",
    "brier": "Brier score",
}


def scale_of(metric: str) -> float:
    """Return what values are multiplied by: shares of rows are written in percent.

    >>> scale_of("accuracy"), scale_of("r2")
    (100.0, 1.0)
    """
    return 100.0 if metric in _SHARES else 1.0


def metric_words(metric: str) -> str:
    """Return the name of a metric for people.

    >>> metric_words("balanced_accuracy"), metric_words("r2")
    ('balanced accuracy', 'R²')
    """
    return _NAMES.get(metric, metric.replace("_", " "))


def level_words(metric: str, higher_is_better: bool) -> str:
    """Return the label of an axis of scores.

    >>> level_words("accuracy", True), level_words("log_loss", False)
    ('test accuracy, %', 'test log loss (lower is better)')
    """
    unit = ", %" if scale_of(metric) != 1 else ""
    return f"test {metric_words(metric)}{unit}" + ("" if higher_is_better else " (lower is better)")


def gain_words(metric: str) -> str:
    """Return the unit of a difference.

    >>> gain_words("accuracy"), gain_words("r2")
    ('points of accuracy', 'R²')
    """
    name = metric_words(metric)
    return f"points of {name}" if scale_of(metric) != 1 else name
