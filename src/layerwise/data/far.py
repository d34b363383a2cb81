"""One cell of 1e30 must not decide the scale of its column."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .reading import Sparse

FAR = 1e6  # spreads from the middle: no measurement lies there
_FEWEST = 5  # values of a column to say anything about it
_SHARE = 0.05  # of a column's cells that may be so


def without_far(matrix: np.ndarray, names: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    """Return numbers with NaN for those a million spreads from the median of their column, and
    notes.

    The spread is the distance between the quartiles or, where that is 0, the median distance of the
    other values. At most one cell in twenty (or one cell) may be so; where there are more, they
    are kept and told of.

    Parameters
    ----------
    matrix : array (n, m)
    names : sequence of str
    """
    if matrix.dtype.kind != "f" or not matrix.size:
        return matrix, []
    suspects = np.flatnonzero(_alone(matrix))
    result, notes = matrix, []
    for column in suspects:
        far = _far(matrix[:, column].astype(np.float64))
        if not far.any():
            continue
        if far.sum() > max(1, _SHARE * len(far)):
            notes.append(
                f"Column {names[int(column)]!r} holds {int(far.sum()):,} numbers over a million "
                f"spreads from the others ({matrix[far, column][0]:g}): they decide its scale. If "
                "they mark missing cells, leave these empty."
            )
            continue
        result = result.copy() if result is matrix else result
        result[far, column] = np.nan
        row, more = int(far.argmax()), int(far.sum()) - 1
        notes.append(_told(names[int(column)], float(matrix[row, column]), row, more))
    return result, notes


def far_cells(values: np.ndarray) -> int | None:
    """Return the first of a few numbers (at most one in twenty, or one) that lie a million spreads
    from all others, None where there is none.

    >>> far_cells(np.array([1.0, 2.0, 3.0, 4.0, 1e30, 5.0]))
    4
    """
    far = _far(np.asarray(values, dtype=np.float64))
    count = int(far.sum())
    return int(far.argmax()) if 0 < count <= max(1, _SHARE * len(far)) else None


def without_far_sparse(matrix: Sparse, names: Sequence[str]) -> tuple[Sparse, list[str]]:
    """Return a sparse matrix with zeros for values a million times larger than the median size of
    their column's values, and notes; at most one in twenty, or one, may be so."""
    columns = matrix.tocsc(copy=True)
    notes = []
    for column in np.flatnonzero(np.diff(columns.indptr) >= _FEWEST):
        part = slice(columns.indptr[column], columns.indptr[column + 1])
        size = np.abs(columns.data[part])
        far = size > FAR * np.median(size)
        if not far.any() or far.sum() > max(1, _SHARE * len(size)):
            continue
        place = int(far.argmax())
        notes.append(
            _told(names[int(column)], columns.data[part][place], columns.indices[part][place], 0)
        )
        columns.data[part][far] = 0.0
    return (columns.tocsr(), notes) if notes else (matrix, [])


def _told(name: str, value: float, row: int, more: int) -> str:
    also = f" and {more} more" if more else ""
    return (
        f"Column {name!r} holds {value:g} in row {row}{also}, over a million spreads from all "
        "other values: it does not count for the scale, and is taken for missing."
    )


def _alone(matrix: np.ndarray) -> np.ndarray:
    """Return which columns have a number a thousand times farther out than the others: by their
    ends, and by a thousand rows; where most of those are one value, by the mean of the others."""
    some = matrix[:: max(1, len(matrix) // 1000)].astype(np.float64)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # a column without a value
        middle = np.nanmedian(some, axis=0)
        usual = np.nanmedian(np.abs(some - middle), axis=0)
        low, high = np.fmin.reduce(matrix, axis=0), np.fmax.reduce(matrix, axis=0)
        largest = np.fmax(high - middle, middle - low)
        beyond = largest > 1e3 * usual
        for column in np.flatnonzero(beyond & (usual == 0)):
            distance = np.abs(matrix[:, column] - middle[column])
            rest = float(np.nansum(distance)) - float(largest[column])
            known = max(1, int((distance > 0).sum()) - 1)
            beyond[column] = largest[column] > 1e3 * rest / known
        return beyond | ~np.isfinite(largest)


def _far(values: np.ndarray) -> np.ndarray:
    known = values[~np.isnan(values)]
    if len(known) < _FEWEST:
        return np.zeros(len(values), dtype=bool)
    first, median, third = np.quantile(known, [0.25, 0.5, 0.75])
    spread = third - first
    if spread == 0:
        others = np.abs(known - median)
        others = others[others > 0]
        spread = float(np.median(others)) if len(others) > 1 else 0.0
    if spread == 0:
        return np.zeros(len(values), dtype=bool)
    with np.errstate(invalid="ignore", over="ignore"):
        return np.abs(values - median) > FAR * spread
