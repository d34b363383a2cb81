"""Some rows of whatever holds rows."""

from __future__ import annotations

from typing import Any

import narwhals.stable.v2 as nw
import numpy as np


def rows_of(X: Any, rows: np.ndarray) -> Any:
    """Return rows by position, as an object of the same kind.

    Parameters
    ----------
    X : array, sparse matrix, data frame or sequence
    rows : int array

    Examples
    --------
    >>> rows_of(np.array([[1], [2], [3]]), np.array([2, 0])).tolist()
    [[3], [1]]
    >>> rows_of(["a", "b", "c"], np.array([2, 0]))
    ['c', 'a']
    """
    if nw.dependencies.is_into_dataframe(X) and not isinstance(X, np.ndarray):
        return nw.from_native(X, eager_only=True)[rows, :].to_native()
    if hasattr(X, "tocsr") and not hasattr(X, "__array_interface__"):
        return X.tocsr()[rows]
    return X[rows] if hasattr(X, "shape") else [X[int(row)] for row in rows]
