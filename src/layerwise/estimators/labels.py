"""Which rows have a label."""

from __future__ import annotations

import numbers
from typing import TypeAlias

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import ArrayLike

from .._errors import DataError
from ..data.frames import is_missing

MISSING = "missing"
Marker: TypeAlias = "str | float | None"


def as_labels(y: ArrayLike) -> np.ndarray:
    """Return y as an array of one or two dimensions (a series or a list becomes an array)."""
    if nw.dependencies.is_into_series(y):
        y = nw.from_native(y, series_only=True).to_numpy()
    elif nw.dependencies.is_into_dataframe(y):
        y = nw.from_native(y, eager_only=True).to_numpy()
    return np.asarray(y)


def is_unlabelled(y: np.ndarray, marker: Marker) -> np.ndarray:
    """Return which rows of y hold the marker, as a bool array ``(n,)``.

    ``None`` marks nothing; 'missing' marks None, NaN and the empty string; NaN marks NaN. A row of
    several outputs is unlabelled when any of them is.
    """
    if marker is None:
        return np.zeros(len(y), dtype=bool)
    if _is_nan(marker) or (isinstance(marker, str) and marker == MISSING):
        found = (
            np.frompyfunc(is_missing, 1, 1)(y).astype(bool) if y.dtype.kind == "O" else y != y
        )  # NaN alone differs from itself
        if isinstance(marker, str) and y.dtype.kind in "OUS":
            found = found | np.frompyfunc(
                lambda value: isinstance(value, str) and value == "", 1, 1
            )(y).astype(bool)
    else:
        found = y == marker
    found = np.asarray(found, dtype=bool)
    if found.shape != y.shape:
        found = np.zeros(y.shape, dtype=bool)
    return found.any(axis=1) if found.ndim == 2 else found


def check_labelled(labelled: np.ndarray, marker: Marker) -> None:
    """Raise unless some row has a label."""
    if not labelled.any():
        raise DataError(
            f"None of the {len(labelled)} rows has a label (every y is the marker {marker!r}).",
            "Label some rows, or use Pretrainer, which needs none.",
        )


def comparable(y: np.ndarray) -> np.ndarray:
    """Return labels as an array of words or numbers, which can be sorted."""
    if y.dtype.kind != "O":
        return y
    kinds = {type(value) for value in y.tolist()}
    if kinds <= {str} or kinds <= {int, float, bool}:
        return np.array(y.tolist())
    raise DataError(
        f"The labels mix {', '.join(sorted(kind.__name__ for kind in kinds))}; expected classes of "
        "one kind.",
        "Turn them all into words or all into numbers.",
    )


def refuse_markers(y: np.ndarray, marker: Marker) -> None:
    """Raise when rows that are to be scored have no label."""
    count = int(is_unlabelled(y, marker).sum())
    if count:
        raise DataError(
            f"{count} of the {len(y)} rows to score have no label (y is {marker!r}).",
            "Score labelled rows only; in cross-validation wrap the splitter in LabeledSplit.",
        )


def _is_nan(value: Marker) -> bool:
    return (
        isinstance(value, numbers.Real)
        and not isinstance(value, numbers.Integral)
        and value != value
    )
