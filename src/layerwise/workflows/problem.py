"""From a data set to rows to learn from and rows to test on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from .._errors import DataError
from .._indexing import rows_of
from ..data.readers import Dataset

TEST_SHARE = 0.2


@dataclass(frozen=True, eq=False)
class Problem:
    """Rows to learn from, with None in ``y`` where a label is missing or hidden, and labelled rows
    to test on.

    ``y`` is None without a target; ``test_y`` then too.
    """

    name: str
    task: str | None
    target: str | None
    image_shape: tuple[int, int, int] | None
    X: Any
    y: np.ndarray | None
    test_X: Any
    test_y: np.ndarray | None
    notes: tuple[str, ...]

    @property
    def classes(self) -> list[str]:
        """Names of the classes, sorted; none in a regression."""
        known = [] if self.y is None or self.task != "classification" else self.y.tolist()
        return sorted({str(value) for value in known if value is not None})

    @property
    def labelled(self) -> np.ndarray:
        """Positions of the rows with a label."""
        return (
            np.array([], dtype=int)
            if self.y is None
            else np.flatnonzero([value is not None for value in self.y])
        )


def make_problem(data: Dataset, *, labels: int | None = None, seed: int = 0) -> Problem:
    """Split off a test part unless there is one, and keep only some labels if asked.

    Parameters
    ----------
    labels : int, optional
        Number of labelled training rows to keep, drawn in proportion to the classes; the other
        labels are hidden.
    seed : int
        Of the split and the draw.

    Raises
    ------
    DataError
        When there are too few labels.
    """
    if data.y is None:
        return _without_target(data, labels, seed)
    y = _with_none(data.y)
    labelled = np.flatnonzero([value is not None for value in y])
    if not len(labelled):
        raise DataError(
            f"None of the {len(y):,} rows of {data.name!r} has a label in {data.target!r}.",
            "Fill in some cells of the target, or leave --target out to learn an encoder alone.",
        )
    notes = list(data.notes)
    if data.test is not None and data.test.y is not None:
        train, test_X, test_y = np.arange(len(y)), data.test.X, _with_none(data.test.y)
        known = np.flatnonzero([value is not None for value in test_y])
        test_X, test_y = rows_of(test_X, known), test_y[known]
    else:
        held = _hold_out(y, labelled, data.task, seed)
        test_X, test_y = rows_of(data.X, held), y[held]
        train = np.setdiff1d(np.arange(len(y)), held)
        notes.append(
            f"{len(held):,} labelled rows were held out for the test; pretraining does not see "
            "them."
        )
    fewest = 2 if data.task == "regression" else 1  # R² of one row says nothing
    if len(test_y) < fewest:
        raise DataError(
            f"The test part has {len(test_y) or 'no'} labelled row; at least {fewest} needed.",
            "Give a --test file whose target is filled in, or label more rows.",
        )
    X, y = rows_of(data.X, train), y[train]
    notes += _shared(X, test_X)
    if labels is not None:
        y, hidden = _keep(y, labels, data.task, seed)
        notes.append(
            f"{labels:,} labels were kept (drawn with seed {seed}); the labels of {hidden:,} rows "
            "were hidden."
        )
    return Problem(
        data.name, data.task, data.target, data.image_shape, X, y, test_X, test_y, tuple(notes)
    )


def _without_target(data: Dataset, labels: int | None, seed: int) -> Problem:
    if labels is not None:
        raise DataError(
            f"--labels {labels} was given, but {data.name!r} has no target.",
            "Name the target column with --target.",
        )
    if data.test is not None:
        X, test_X, notes = data.X, data.test.X, data.notes
    else:
        rows = np.random.default_rng(seed).permutation(len(data))
        held = max(1, round(TEST_SHARE * len(data)))
        X, test_X = (
            rows_of(data.X, np.sort(rows[held:])),
            rows_of(data.X, np.sort(rows[:held])),
        )
        notes = (
            *data.notes,
            f"{held:,} rows were held out for the test; pretraining does not see them.",
        )
    return Problem(data.name, None, None, data.image_shape, X, None, test_X, None, notes)


def _shared(X: Any, test_X: Any) -> list[str]:
    """Say how many test rows stand, cell for cell, among the training rows: pretraining has seen
    those."""
    train, test = (
        part.rows() if hasattr(part, "rows") else [row.tobytes() for row in part]
        for part in (X, test_X)
    )
    known = set(train)
    count = sum(row in known for row in test)
    return (
        [f"{count:,} of the {len(test):,} test rows also stand among the training rows."]
        if count
        else []
    )


def _with_none(y: np.ndarray) -> np.ndarray:
    values = np.asarray(y, dtype=object)
    return np.array(
        [None if value is None or value != value else value for value in values], dtype=object
    )


def _hold_out(y: np.ndarray, labelled: np.ndarray, task: str | None, seed: int) -> np.ndarray:
    if len(labelled) < 5:
        raise DataError(
            f"{len(labelled)} rows have a label: too few to hold some out for the test.",
            "Label more rows, or give a --test file.",
        )
    _, held = train_test_split(
        labelled,
        test_size=TEST_SHARE,
        random_state=seed % 2**32,
        stratify=_strata(y[labelled], task, int(TEST_SHARE * len(labelled))),
    )
    return np.sort(held)


def _keep(y: np.ndarray, labels: int, task: str | None, seed: int) -> tuple[np.ndarray, int]:
    labelled = np.flatnonzero([value is not None for value in y])
    classes = len(set(y[labelled].tolist())) if task == "classification" else 2
    if not classes <= labels <= len(labelled):
        raise DataError(
            f"--labels {labels} was given; the training part has {len(labelled):,} labelled rows"
            + (f" of {classes} classes." if task == "classification" else "."),
            f"Give a number from {classes} to {len(labelled):,}.",
        )
    if labels == len(labelled):
        return y, 0
    kept, _ = train_test_split(
        labelled,
        train_size=labels,
        random_state=seed % 2**32,
        stratify=_strata(y[labelled], task, min(labels, len(labelled) - labels)),
    )
    result = np.full(len(y), None, dtype=object)
    result[kept] = y[kept]
    return result, len(labelled) - labels


def _strata(y: np.ndarray, task: str | None, size: int) -> np.ndarray | None:
    """Return what to stratify by, or None where a class is too rare for it."""
    if task != "classification":
        return None
    classes, counts = np.unique(y.astype(str), return_counts=True)
    return y.astype(str) if counts.min() >= 2 and size >= len(classes) else None
