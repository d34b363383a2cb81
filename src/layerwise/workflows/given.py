"""Rows and labels that are given in Python, as a data set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias, cast

import narwhals.stable.v2 as nw
import numpy as np
import polars as pl
import scipy.sparse as sp
from narwhals.typing import IntoDataFrame, IntoSeries

from .._checks import check_name
from .._errors import DataError
from ..data.frames import cells_of
from ..data.readers import TASKS, Dataset, ReadRows
from ..data.reading import Sparse

GivenRows: TypeAlias = "np.ndarray | Sparse | IntoDataFrame | Sequence[object]"
# One a row: None or NaN where there is none
Labels: TypeAlias = IntoSeries | Iterable[object]


def given_rows(X: GivenRows, y: Labels, *, task: str | None = None) -> Dataset:
    """Return rows and labels as what a reader would have returned.

    Parameters
    ----------
    X : array (n, d) or (n, c, h, w), sparse matrix, or data frame of any kind
    y : sequence of n labels
        None and NaN are no label. Numbers that are not all whole are a regression; whole ones are
        classes.
    task : {'classification', 'regression'}, optional
        Overrides what follows from the labels.

    Raises
    ------
    DataError
        When their lengths differ, or a number is infinite.
    """
    rows, shape = _rows(X)
    labels = _labels(y)
    if len(labels) != rows.shape[0]:
        raise DataError(
            f"{rows.shape[0]:,} rows and {len(labels):,} labels were given.",
            "Give one label per row, None where there is none.",
        )
    known = [value for value in labels if value is not None]
    numbers = all(isinstance(value, float) for value in known)
    if task is not None:
        check_name("compare", "task", task, TASKS)
    task = task or (
        "regression"
        if numbers and any(value != int(value) for value in known)
        else "classification"
    )
    if task == "regression" and not all(isinstance(value, (int, float)) for value in known):
        raise DataError(
            "task='regression' was given, and not all labels are numbers.",
            "Give numbers, or leave the task out.",
        )
    if task == "classification" and numbers and all(value == int(value) for value in known):
        labels = [None if value is None else int(value) for value in labels]
    result = np.empty(len(labels), dtype=object)
    result[:] = labels
    return Dataset("data", rows, result, "y", shape, task)


def _rows(X: GivenRows) -> tuple[ReadRows, tuple[int, int, int] | None]:
    if nw.dependencies.is_into_dataframe(X):
        frame = nw.from_native(X, eager_only=True)
        return pl.DataFrame(
            {str(name): cells_of(frame.get_column(name)) for name in frame.columns}, strict=False
        ), None
    array = cast(Sparse, X).toarray() if sp.issparse(X) else np.asarray(X)
    if array.ndim not in (2, 4):
        raise DataError(
            f"Rows have the shape {array.shape}; expected (n, d) or (n, c, h, w).", "Reshape them."
        )
    if array.dtype.kind not in "biuf":
        raise DataError(
            f"The rows are an array of {array.dtype}; expected numbers.",
            "Give a data frame for columns of words.",
        )
    if array.dtype.kind == "f" and np.isinf(array).any():
        raise DataError(
            "The rows hold infinity; expected numbers, NaN where one is missing.",
            "Look at the rows where they do.",
        )
    flat = array.reshape(len(array), -1)
    shape = (
        None if array.ndim == 2 else (int(array.shape[1]), int(array.shape[2]), int(array.shape[3]))
    )
    return flat if flat.dtype in (np.float32, np.float64, np.uint8) else flat.astype(
        np.float64
    ), shape


def _labels(y: Labels) -> list[Any]:
    values = (
        nw.from_native(y, series_only=True).to_list()
        if nw.dependencies.is_into_series(y)
        else list(y)
    )
    values = [value.item() if isinstance(value, np.generic) else value for value in values]
    return [None if value is None or value != value else value for value in values]
