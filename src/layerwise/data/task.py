"""Classification or regression: one rule for files and for rows given in Python, and its reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .._errors import ParameterError, did_you_mean

TASKS = ("classification", "regression")
MOST_CLASSES = 20
_ROWS_A_CLASS = 5


def check_task(task: str | None) -> None:
    """Raise unless a task is one that there is."""
    if task is not None and task not in TASKS:
        raise ParameterError(
            f"The task must be one of {TASKS}. Got {task!r}.", did_you_mean(task, TASKS)
        )


def task_of(name: str, labels: Sequence[Any]) -> tuple[str, str]:
    """Return the task that labels are for, and the reason in a sentence ('' for words).

    Words and truth values are classes, and so are whole numbers of at most 20 different values, or
    of more when they count on from 0 or 1 without a gap and each stands in at least 5 rows in the
    mean. All other numbers are a regression.

    Parameters
    ----------
    name : str
        Of the target.
    labels : sequence
        None where there is none.

    Examples
    --------
    >>> task_of("y", [0, 1, 1])[0], task_of("y", [0.5, 1.0])[0], task_of("y", ["a", "b"])
    ('classification', 'regression', ('classification', ''))
    """
    known = [value for value in labels if value is not None and value == value]
    if not all(_is_number(value) for value in known):
        return "classification", ""
    values = np.array([float(value) for value in known])
    if not (values == np.round(values)).all():
        return "regression", f"Regression: the target {name!r} holds numbers that are not whole."
    distinct = np.unique(values)
    what = f"the target {name!r} holds {len(set(known)):,} different whole numbers"
    if len(distinct) <= MOST_CLASSES:
        if len(distinct) <= 2:
            return "classification", f"Classification: {what}."
        return "classification", (
            f"Classification: {what}; if they measure something, ask for the task 'regression'."
        )
    counted = distinct[0] in (0, 1) and bool((np.diff(distinct) == 1).all())
    if counted and len(values) >= _ROWS_A_CLASS * len(distinct):
        return "classification", (
            f"Classification: {what} without a gap from {distinct[0]:g}; if they measure "
            "something, ask for the task 'regression'."
        )
    return "regression", (
        f"Regression: {what}; if they are classes, ask for the task 'classification'."
    )


def odd_minus_one(name: str, labels: Sequence[Any]) -> str:
    """Return a sentence where -1 stands beside 0 and 1, as a mark of rows without a label does."""
    known = {value for value in labels if value is not None and _is_number(value)}
    others = known - {-1}
    if -1 not in known or not {0, 1} <= others or min(others) < 0:
        return ""
    count = sum(value == -1 for value in labels)
    return (
        f"{name} holds -1 in {count:,} rows beside 0 and 1: it was taken for a class. If it marks "
        "rows without a label, leave those cells empty."
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
