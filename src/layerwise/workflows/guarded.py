"""From a data set to the rows of a study: what would make it say too much is found, named and left
out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from .._errors import DataError
from .._indexing import rows_of
from ..data.readers import Dataset
from ..evaluation import (
    Finding,
    StudyData,
    check_classes,
    check_columns,
    check_rows,
    check_test,
    row_keys,
)

FEWEST_TESTED = 2
LEFT_OUT = ("leak", "identifier", "constant")


def make_study_data(
    data: Dataset, keep: tuple[str, ...] = ()
) -> tuple[StudyData, Dataset, list[Finding]]:
    """Return the rows of a study, the data set without the columns that were left out, and the
    findings.

    Parameters
    ----------
    keep : tuple of str
        Columns to keep whatever is found about them.

    Raises
    ------
    DataError
        When there is no target, a test part without labels, nothing left, or fewer than two
        classes.
    """
    if data.y is None or data.task is None:
        raise DataError(
            f"{data.name!r} has no target, so there is nothing to compare.",
            "Name the target column with --target.",
        )
    names, y, test_y = _targets(data)
    found: list[Finding] = []
    if data.task == "classification":
        rare, without = check_classes(y, names)
        found += rare
        names, y, test_y, data = _without_classes(names, y, test_y, data, without)
    columns_found = _check_columns(data, y, len(names))
    found += [
        replace(f, text=f.text.replace("it is left out", "it was kept as asked"))
        if f.name in keep
        else f
        for f in columns_found
    ]
    data = _without_columns(
        data, [f.name for f in columns_found if f.kind in LEFT_OUT and f.name not in (None, *keep)]
    )
    keys = row_keys(data.X)
    X, test_X = data.X, None
    if data.test is not None and test_y is not None:
        test_X = data.test.X
        known = np.flatnonzero([value >= 0 if names else not np.isnan(value) for value in test_y])
        if len(known) < FEWEST_TESTED:
            raise DataError(
                f"{len(known)} rows of the test part have a label of a class that takes part; at "
                f"least {FEWEST_TESTED} are needed.",
                "Give a --test part with more labels, or leave it out: each draw then holds rows "
                "out.",
            )
        test_X, test_y = rows_of(test_X, known), test_y[known]
        tested = row_keys(test_X)
        equal, out = check_test(keys, tested)
        found += equal
        stay = np.flatnonzero(~out)
        X, y, keys = rows_of(X, stay), y[stay], tuple(keys[i] for i in stay)
        keys = keys + tested
    study = StudyData(data.name, X, y, names, test_X, test_y, keys)
    found += check_rows(study.groups, y, np.isin(np.arange(len(y)), study.labelled))
    return study, data, found


def _targets(data: Dataset) -> tuple[tuple[str, ...], np.ndarray, np.ndarray | None]:
    """Return class names, and targets as indices or numbers, of the training and the test part."""
    assert data.y is not None
    test = None if data.test is None else data.test.y
    if data.test is not None and test is None:
        raise DataError(
            "The test part has no labels.", "Give a --test file whose target is filled in."
        )
    parts = [np.asarray(part, dtype=object) for part in (data.y, test) if part is not None]
    if data.task == "regression":
        numbers = [
            np.array([np.nan if value is None else float(value) for value in part])
            for part in parts
        ]
        return (), numbers[0], numbers[1] if test is not None else None
    known = {
        value for part in parts for value in part.tolist() if value is not None and value == value
    }
    values = sorted(known, key=lambda value: (str(type(value)), value))
    index = {value: i for i, value in enumerate(values)}
    codes = [
        np.array([index.get(value, -1) for value in part.tolist()], dtype=np.int64)
        for part in parts
    ]
    return tuple(str(value) for value in values), codes[0], codes[1] if test is not None else None


def _without_classes(
    names: tuple[str, ...],
    y: np.ndarray,
    test_y: np.ndarray | None,
    data: Dataset,
    without: list[int],
) -> tuple[tuple[str, ...], np.ndarray, np.ndarray | None, Dataset]:
    """Take away the labels of some classes: their rows stay as rows without labels, and are not
    tested on."""
    left = [i for i in range(len(names)) if i not in without]
    if len(left) < 2:
        raise DataError(
            f"{len(left)} class{'es' * (len(left) != 1)} of {data.name!r} with at least 10 "
            "labelled rows; a study needs two.",
            "Label more rows.",
        )
    place = np.full(len(names) + 1, -1)  # the last is for -1
    place[left] = np.arange(len(left))
    return tuple(names[i] for i in left), place[y], None if test_y is None else place[test_y], data


def _check_columns(data: Dataset, y: np.ndarray, classes: int) -> list[Finding]:
    if data.image_shape is None:
        return check_columns(_columns(data.X), y, classes)
    found = check_columns(_columns(data.X), y, classes, numeric_only=True)
    still = [finding for finding in found if finding.kind == "constant"]
    kept = [
        replace(
            f,
            kind="pixel",
            text=f.text.replace("it is left out", "it is kept: a picture without it is none"),
        )
        for f in found
        if f.kind == "leak"
    ]
    if still:
        text = (
            f"{len(still):,} of {data.X.shape[1]:,} pixels have the same value in every row; "
            "they are kept."
        )
        kept.append(Finding("constant", None, text, float(len(still))))
    return kept


def _columns(X: Any) -> dict[str, np.ndarray]:
    """Return columns by name: numbers with NaN, or objects with None, where a cell is missing."""
    if isinstance(X, np.ndarray):
        return {f"x{i}": X[:, i] for i in range(X.shape[1])}
    return {
        name: X[name].to_numpy().astype(float)
        if X[name].dtype.is_numeric()
        else np.array(X[name].to_list(), dtype=object)
        for name in X.columns
    }


def _without_columns(data: Dataset, names: list[str | None]) -> Dataset:
    if not names:
        return data
    columns = list(_columns(data.X)) if isinstance(data.X, np.ndarray) else list(data.X.columns)
    left = [name for name in columns if name not in names]
    if not left:
        raise DataError(
            f"No column of {data.name!r} is left to learn from: {', '.join(map(str, names))}.",
            "Look at the data.",
        )
    return replace(
        data, X=_taken(data.X, columns, left), test=_test_without(data.test, columns, left)
    )


def _test_without(test: Dataset | None, columns: list[str], left: list[str]) -> Dataset | None:
    return None if test is None else replace(test, X=_taken(test.X, columns, left))


def _taken(X: Any, columns: list[str], left: list[str]) -> Any:
    return (
        X[:, [columns.index(name) for name in left]]
        if isinstance(X, np.ndarray)
        else X.select(left)
    )
