"""Rows and labels that are given in Python, as a data set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeAlias, cast

import narwhals.stable.v2 as nw
import numpy as np
import scipy.sparse as sp
from narwhals.typing import IntoDataFrame, IntoSeries

from .._errors import DataError
from ..data.channels import check_channels
from ..data.frames import polars_of
from ..data.readers import Dataset, ReadRows, from_frame, read_target
from ..data.reading import Sparse
from ..data.spelling import column_of
from ..data.task import check_task
from ..data.texts import are_texts, frame_of_texts

GivenRows: TypeAlias = "np.ndarray | Sparse | IntoDataFrame | Sequence[object]"
# One a row: None or NaN where there is none
Labels: TypeAlias = IntoSeries | Iterable[object]


def given_rows(
    X: GivenRows, y: Labels, *, task: str | None = None, text: Sequence[str] = ()
) -> Dataset:
    """Return rows and labels as what a reader would have returned.

    Parameters
    ----------
    X : array (n, d) or (n, c, h, w), sparse matrix, data frame of any kind, or texts
    y : sequence of n labels
        None and NaN are no label. What they are for follows as in a file: see ``data.task``.
    task : {'classification', 'regression'}, optional
        Overrides that.
    text : sequence of str
        Columns of free text, beside those that are found.

    Raises
    ------
    DataError
        When their lengths differ, or a number is infinite.
    """
    check_task(task)
    labels = column_of("y", _labels(y))
    if are_texts(X):
        X = frame_of_texts(X)
        text = X.columns
    if nw.dependencies.is_into_dataframe(X):
        data = from_frame(polars_of(X), "data", task=task, text=text)
    else:
        rows, shape = _rows(X)
        data = Dataset("data", rows, None, None, shape, None)
    if len(labels) != len(data):
        raise DataError(
            f"{len(data):,} rows and {len(labels):,} labels were given.",
            "Give one label per row, None where there is none.",
        )
    values, task, notes = read_target(labels, task)
    return replace(data, y=values, target="y", task=task, notes=(*data.notes, *notes))


def _rows(X: GivenRows) -> tuple[ReadRows, tuple[int, int, int] | None]:
    array = cast(Sparse, X).toarray() if sp.issparse(X) else np.asarray(X)
    if array.ndim not in (2, 4):
        raise DataError(
            f"Rows have the shape {array.shape}; expected (n, d) or (n, c, h, w).", "Reshape them."
        )
    check_channels(array.shape, "X")
    if array.dtype.kind == "O":
        array = _as_floats(array)
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


def _as_floats(array: np.ndarray) -> np.ndarray:
    """Return Python's own numbers as floats: objects that are numbers are numbers."""
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"The rows are an array of objects that are not all numbers: {error}.",
            "Give a data frame for columns of words.",
        ) from error


def _labels(y: Labels) -> list[Any]:
    values = (
        nw.from_native(y, series_only=True).to_list()
        if nw.dependencies.is_into_series(y)
        else list(y)
    )
    values = [value.item() if isinstance(value, np.generic) else value for value in values]
    return [None if value is None or value != value else value for value in values]
