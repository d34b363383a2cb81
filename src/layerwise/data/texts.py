"""Texts that are given in Python: a sequence of strings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard

import narwhals.stable.v2 as nw
import numpy as np

from .frames import is_missing

if TYPE_CHECKING:
    import polars as pl

COLUMN = "text"  # what a column without a name is called
_LOOKED_AT = 100


def are_texts(X: object) -> TypeGuard[Any]:
    """Whether X is a sequence of strings: a list, a tuple, an array of one dimension, or a column
    of a data frame. A missing one is None or NaN.

    >>> are_texts(["a text", None]), are_texts([["a"]]), are_texts([1, 2]), are_texts([])
    (True, False, False, False)
    """
    if nw.dependencies.is_into_series(X):
        kind = nw.from_native(X, series_only=True).dtype
        return kind == nw.String or (kind in (nw.Object, nw.Unknown) and _strings(X))
    if isinstance(X, np.ndarray):
        return X.ndim == 1 and (X.dtype.kind == "U" or (X.dtype.kind == "O" and _strings(X)))
    return isinstance(X, (list, tuple)) and _strings(X)


def _strings(X: Any) -> bool:
    """Whether the first cells that are there are strings."""
    found = [cell for _, cell in zip(range(_LOOKED_AT), X, strict=False) if not is_missing(cell)]
    return bool(found) and all(isinstance(cell, str) for cell in found)


def frame_of_texts(X: Any) -> pl.DataFrame:
    """Return texts as a table of one column."""
    import polars as pl

    cells = [None if is_missing(cell) else str(cell) for cell in X]
    return pl.DataFrame({COLUMN: pl.Series(cells, dtype=pl.String)})
