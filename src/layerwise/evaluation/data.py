"""The rows of a study."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .._errors import DataError
from .._indexing import rows_of

if TYPE_CHECKING:
    from ..data.reading import Given


@dataclass(frozen=True, eq=False)
class StudyData:
    """Rows to learn from and, where the data have one, a test part.

    Parameters
    ----------
    name : str
    X : array or data frame of n rows
    y : int64 array of shape (n,) for classes, float array for a regression
        -1 or NaN where a row has no label.
    classes : tuple of str
        Names of the classes 0, 1, ...; empty for a regression.
    test_X, test_y : optional
        The test part, all labelled. Without one, every draw holds out a fifth of the labelled rows.
    keys : list of bytes
        What each row holds, of X and then of test_X: equal rows have equal keys.
    belongs : int array, optional
        What each row belongs to, of X and then of test_X: rows of one person have one number.
    """

    name: str
    X: Any = field(repr=False)
    y: np.ndarray = field(repr=False)
    classes: tuple[str, ...]
    test_X: Any = field(repr=False, default=None)
    test_y: np.ndarray | None = field(repr=False, default=None)
    keys: tuple[bytes, ...] = field(repr=False, default=())
    belongs: np.ndarray | None = field(repr=False, default=None)

    def __post_init__(self) -> None:
        if len(self.keys) != len(self.y) + (0 if self.test_y is None else len(self.test_y)):
            raise DataError(
                f"{len(self.keys)} keys were given for {len(self.y)} rows and the test part."
            )
        if len(self.labelled) < 2:
            raise DataError(
                f"{len(self.labelled)} rows of {self.name!r} have a label: too few for a study.",
                "Label more rows.",
            )

    @property
    def task(self) -> str:
        """'classification' or 'regression'."""
        return "classification" if self.classes else "regression"

    @cached_property
    def labelled(self) -> np.ndarray:
        """Positions of the labelled rows."""
        return np.flatnonzero(self.y >= 0) if self.classes else np.flatnonzero(~np.isnan(self.y))

    @cached_property
    def dealt(self) -> dict[tuple[int, int], tuple[list[np.ndarray], np.ndarray]]:
        """What the design dealt of these rows, by seed and circle."""
        return {}

    @cached_property
    def spread(self) -> float:
        """Standard deviation of the known targets of a regression; 0 for classes."""
        return 0.0 if self.classes else float(np.std(self.y[self.labelled]))

    @cached_property
    def groups(self) -> np.ndarray:
        """A number for each row of X, the same for rows that stay together: equal ones, and those
        that belong together."""
        keys = np.array(self.keys[: len(self.y)], dtype=object)
        equal = np.unique(keys, return_inverse=True)[1]
        if self.belongs is None:
            return equal
        own = np.unique(self.belongs[: len(self.y)], return_inverse=True)[1]
        size = int(equal.max()) + 1
        links = coo_array(
            (np.ones(len(equal)), (equal, size + own)), shape=(size + own.max() + 1,) * 2
        )
        return connected_components(links, directed=False)[1][equal]

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the rows, the labels and the classes."""
        digest = hashlib.sha256(repr((self.classes, len(self.y), self.test_y is not None)).encode())
        for key in self.keys:
            digest.update(key)
        for labels in (self.y, self.test_y):
            if labels is not None:
                digest.update(np.ascontiguousarray(labels).tobytes())
        if self.belongs is not None:
            digest.update(np.ascontiguousarray(self.belongs).tobytes())
        return digest.hexdigest()

    def rows(self, index: np.ndarray) -> Any:
        """Return rows of X."""
        return rows_of(self.X, index)


BLOCK_ROWS = 10_000  # that are Python objects at once


def row_keys(X: Given) -> tuple[bytes, ...]:
    """Return a hash for each row of an array, so that equal rows have equal ones.

    >>> keys = row_keys(np.array([[1.0, 2.0], [1.0, 2.0], [3.0, 4.0]]))
    >>> keys[0] == keys[1], keys[0] == keys[2]
    (True, False)
    """
    if hasattr(X, "iter_slices"):  # polars
        return tuple(_hashed(row) for part in X.iter_slices(BLOCK_ROWS) for row in part.rows())
    if hasattr(X, "itertuples"):  # pandas
        return tuple(_hashed(row) for row in X.itertuples(index=False))
    if hasattr(X, "tocsr"):
        X = X.tocsr()
        return tuple(
            hashlib.sha256(row.indices.tobytes() + b"|" + row.data.tobytes()).digest()
            for row in (X[i] for i in range(X.shape[0]))
        )
    rows = np.asarray(X).reshape(len(X), -1)
    if rows.dtype == object:
        return tuple(_hashed(row.tolist()) for row in rows)
    return tuple(hashlib.sha256(_number_bytes(row)).digest() for row in rows)


def _hashed(row: Sequence[object]) -> bytes:
    words = repr([_same(cell) for cell in row])
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).digest()


def _same(cell: object) -> object:
    """Return a cell in one spelling, whatever type of number its column has."""
    if cell is None or cell != cell:
        return None
    if isinstance(cell, (int, float, np.number)) and not isinstance(cell, bool):
        return float(cell) + 0.0
    return cell


def _number_bytes(row: np.ndarray) -> bytes:
    """Return the bytes of a row of numbers: equal for equal numbers of any type, as exact as a
    network sees them."""
    values = row.astype(np.float32) if row.dtype.kind == "f" else row
    plain = values.astype(np.float64) + 0.0
    plain[np.isnan(plain)] = np.nan
    return plain.tobytes()
