"""How many epochs: chosen on the labelled rows alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.model_selection import KFold, ShuffleSplit, StratifiedKFold, StratifiedShuffleSplit

from ..training import Step

HOLD_OUT_SHARE = 0.2
ENOUGH_PER_CLASS = 5  # labelled rows of each class in the hold-out; with fewer, cross-validation
FOLDS = 5

Splits = list[tuple[np.ndarray, np.ndarray]]


def splits_for(validation: float | int | str | None, classes: np.ndarray | None, n: int, seed: int) -> Splits:
    """Return (train, held out) positions among the labelled rows.

    Parameters
    ----------
    validation : None, 'auto', float or int
        Nothing; a hold-out of a fifth where it has 5 rows of each class (20 rows in regression) and 5 folds where it would
        not; a hold-out of that share; that many folds.
    classes : int array of shape (n,), optional
        Class of each labelled row; None in regression.
    """
    if validation is None:
        return []
    rarest = n // 4 if classes is None else int(np.bincount(classes).min())
    if validation == "auto":
        validation = HOLD_OUT_SHARE if rarest * HOLD_OUT_SHARE >= ENOUGH_PER_CLASS else FOLDS
    if isinstance(validation, int):
        folds = min(validation, rarest if classes is not None else n)
        if folds < 2:
            return []  # a class with one labelled row cannot be held out
        splitter: Any = (KFold if classes is None else StratifiedKFold)(folds, shuffle=True, random_state=seed % 2**32)
    else:
        shuffle = ShuffleSplit if classes is None else StratifiedShuffleSplit
        splitter = shuffle(n_splits=1, test_size=float(validation), random_state=seed % 2**32)
    return list(splitter.split(np.zeros((n, 1)), classes))


def best_epochs(
    plan: tuple[Step, ...], splits: Splits, curve_of: Callable[[np.ndarray, np.ndarray], list[float]]
) -> tuple[Step, ...]:
    """Return the plan with the number of epochs of its last phase that had the best mean validation loss over the splits."""
    curves = [curve_of(train, held) for train, held in splits]
    shortest = min(len(curve) for curve in curves)
    mean = np.mean([curve[:shortest] for curve in curves], axis=0)
    last = plan[-1]
    epochs = last.schedule.epochs
    best = int(mean.argmin()) + 1
    chosen = (*epochs[:-1], best) if isinstance(epochs, tuple) else best
    return (*plan[:-1], replace(last, schedule=last.schedule.replace("epochs", chosen)))
