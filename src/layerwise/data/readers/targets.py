"""The target's column: labels with None where there is none, and the task that follows from
them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import DataError
from .columns import in_range, plain, unusable
from .dataset import Dataset, NoLabels, object_array

if TYPE_CHECKING:
    import polars as pl

MOST_CLASSES = 20
_FREE_TEXT_SHARE, _FREE_TEXT_ROWS = 0.5, 20


def read_target(
    series: pl.Series, task: str | None = None, like: Dataset | None = None
) -> tuple[np.ndarray, str]:
    """Return the labels as an object array with None where a row is unlabelled, and the task.

    Numbers are for regression when they take more than 20 different values or any is not whole;
    everything else is for classification. Truth values become 'true' and 'false', whole numbers of
    a classification int.

    Parameters
    ----------
    series : polars.Series
    task : {'classification', 'regression'}, optional
        Overrides the rule.
    like : Dataset, optional
        The training set, whose task and kind of labels a test set must have.
    """
    import polars as pl

    _refuse_types(series)
    if series.dtype == pl.Boolean:
        series = series.cast(pl.String)
    series = plain(series)
    filled = series.drop_nulls()
    if filled.is_empty():
        raise NoLabels(
            f"The target {series.name!r} is empty in all {len(series)} rows.",
            "Fill in some labels, or leave the target out.",
        )
    sure = like is not None or task is not None
    if like is not None:
        task = like.task
        series = _in_kind_of(series, like)
    elif task is None:
        task = task_of(series)
    if series.dtype == pl.String:
        return _texts(series, task or "classification", sure)
    return _numbers(series, task or "classification")


def task_of(series: pl.Series) -> str:
    """Return the task that a plain column (see ``columns.plain``) is for."""
    import polars as pl

    filled = series.drop_nulls()
    if series.dtype == pl.String:
        return "classification"
    whole = series.dtype.is_integer() or bool((filled == filled.round(0)).all())
    return "classification" if whole and filled.n_unique() <= MOST_CLASSES else "regression"


def compact(y: np.ndarray, task: str) -> np.ndarray:
    """Return labels without None as an int64 or float64 array where they are numbers.

    >>> compact(object_array([1, 0]), "classification")
    array([1, 0])
    """
    kinds: set[Any] = {type(value) for value in y}
    if kinds == {int}:
        return y.astype(np.int64 if task == "classification" else np.float64)
    return y.astype(np.float64) if kinds == {float} else y


def _refuse_types(series: pl.Series) -> None:
    import polars as pl

    if isinstance(series.dtype, (pl.List, pl.Array)):
        message = (
            f"The target {series.name!r} is of the type {series.dtype}: several labels a "
            "row are not supported."
        )
        raise DataError(message, "Keep one label a row.")
    if series.dtype.is_temporal():
        message = (
            f"The target {series.name!r} holds dates or times ({series.dtype}), which "
            "cannot be predicted."
        )
        raise DataError(message, "Turn it into a number, or name another column.")
    if unusable(series):
        raise DataError(
            f"The target {series.name!r} is of the type {series.dtype}.",
            "It must hold numbers, texts or truth values.",
        )


def _numbers(series: pl.Series, task: str) -> tuple[np.ndarray, str]:
    import polars as pl

    in_range(series)
    if task == "regression":
        return object_array(series.cast(pl.Float64).to_list()), task
    whole = series.cast(pl.Int64, strict=False)
    exact = whole.null_count() == series.null_count() and bool(
        (whole.cast(series.dtype, strict=False) == series).fill_null(True).all()
    )
    return object_array((whole if exact else series.cast(pl.Float64)).to_list()), task


def _texts(series: pl.Series, task: str, sure: bool) -> tuple[np.ndarray, str]:
    filled = series.drop_nulls()
    if task == "regression":
        message = (
            f"The target {series.name!r} holds texts ({filled[0]!r}); regression needs numbers."
        )
        raise DataError(message, "Name a column of numbers, or ask for classification.")
    different = filled.n_unique()
    if not sure and len(filled) >= _FREE_TEXT_ROWS and different > _FREE_TEXT_SHARE * len(filled):
        message = (
            f"The target {series.name!r} looks like free text: {different} different values "
            f"in {len(filled)} labelled rows."
        )
        raise DataError(
            message,
            "Name a column of classes; if these are classes, ask for the task 'classification'.",
        )
    return object_array(series.to_list()), task


def _in_kind_of(series: pl.Series, like: Dataset) -> pl.Series:
    """Return a test target in the kind of the training labels."""
    import polars as pl

    known = {value for value in (like.y if like.y is not None else ()) if value is not None}
    texts = any(isinstance(value, str) for value in known)
    if texts and known <= {"true", "false"}:
        return series.cast(pl.String).str.to_lowercase()
    if texts:
        return series.cast(pl.String)
    if series.dtype == pl.String:
        message = (
            f"The target {series.name!r} holds numbers in the training rows, but texts in "
            f"the test ({series.drop_nulls()[0]!r})."
        )
        raise DataError(message, "Write the labels of both in the same way.")
    return series
