"""How many epochs: chosen on the labelled rows alone."""

from __future__ import annotations

import numbers
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.model_selection import KFold, ShuffleSplit, StratifiedKFold, StratifiedShuffleSplit

from .._durable import Facts
from .._errors import DataError
from ..training import Step, Training

HOLD_OUT_SHARE = 0.2
ENOUGH_PER_CLASS = 5  # labelled rows of each class in the hold-out; with fewer, cross-validation
FOLDS = 5

Splits = list[tuple[np.ndarray, np.ndarray]]


def splits_for(
    validation: float | int | str | None, classes: np.ndarray | None, n: int, seed: int
) -> Splits:
    """Return (train, held out) positions among the labelled rows.

    Parameters
    ----------
    validation : None, 'auto', float or int
        Nothing; a hold-out of a fifth where it has 5 rows of each class (20 rows in regression) and
        5 folds where it would not; a hold-out of that share; that many folds.
    classes : int array of shape (n,), optional
        Class of each labelled row; None in regression.
    """
    if validation is None:
        return []
    rarest = n // 4 if classes is None else int(np.bincount(classes).min())
    if rarest < 2:
        return []  # a class with one labelled row cannot be held out: the plan's epochs stand
    if validation == "auto":
        validation = HOLD_OUT_SHARE if rarest * HOLD_OUT_SHARE >= ENOUGH_PER_CLASS else FOLDS
    if isinstance(validation, numbers.Integral):
        folds = min(int(validation), rarest if classes is not None else n)
        splitter: Any = (KFold if classes is None else StratifiedKFold)(
            folds, shuffle=True, random_state=seed % 2**32
        )
    else:
        shuffle = ShuffleSplit if classes is None else StratifiedShuffleSplit
        splitter = shuffle(n_splits=1, test_size=float(validation), random_state=seed % 2**32)
    try:
        return list(splitter.split(np.zeros((n, 1)), classes))
    except ValueError as error:
        raise DataError(
            f"validation={validation!r} cannot hold out {n} labelled rows: {error}",
            "Use validation='auto', or a number of folds.",
        ) from error


def best_epochs(
    plan: tuple[Step, ...],
    splits: Splits,
    run: Callable[[np.ndarray, np.ndarray], list[Facts]],
) -> tuple[Step, ...]:
    """Return the plan with the number of epochs of its last phase that had the best mean validation
    loss over the splits.

    ``run`` trains on one split and returns the history. The epochs of the last step's other phases
    are written out as they were run, since the minimum of steps no longer holds where the number of
    epochs was chosen.
    """
    histories = [run(train, held) for train, held in splits]
    curves = [_curve(history) for history in histories]
    shortest = min(len(curve) for curve in curves)
    if shortest == 0:
        return plan
    best = int(np.mean([curve[:shortest] for curve in curves], axis=0).argmin()) + 1
    rows = [row for row in histories[0] if row["step"] == len(plan) - 1 and not row.get("search")]
    phases = sorted({row["phase"] for row in rows})
    counts = [sum(row["phase"] == phase for row in rows) for phase in phases[:-1]]
    last = plan[-1]
    training = replace(last.training or Training(), min_steps=0)
    schedule = last.schedule.replace("epochs", (*counts, best) if counts else best)
    return (*plan[:-1], replace(last, schedule=schedule, training=training))


def _curve(history: list[Facts]) -> list[float]:
    """Return the validation losses of the last phase; of its search, where stopping ran the phase
    twice."""
    last = [row for row in history if row["phase"] == history[-1]["phase"]] if history else []
    return [
        row["validation"]
        for row in ([row for row in last if row.get("search")] or last)
        if "validation" in row
    ]
