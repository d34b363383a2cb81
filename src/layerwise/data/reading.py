"""The one door for rows: what a user gives is read and checked once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, TypeGuard, cast

import numpy as np
import scipy.sparse as sp
from narwhals.typing import IntoDataFrame
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

from .._contracts import Source
from .._errors import DataError
from .._indexing import rows_of
from .._space import Space
from .channels import check_channels
from .frames import Frame, check_names, has_texts, is_frame, read_frame
from .names import with_word_names
from .texts import are_texts, frame_of_texts

Sparse: TypeAlias = sp.csr_matrix | sp.csr_array
Given: TypeAlias = "np.ndarray | Sparse | IntoDataFrame | Source | Table | Sequence[object]"


@dataclass(frozen=True, eq=False)
class Table:
    """Rows that came through the door.

    Parameters
    ----------
    values : Frame, array (n, d), CSR matrix or Source
    given : object
        The same rows as the user gave them, for a transformer of the user's own.
    shape : tuple of int, optional
        Of one row, where it has more than one dimension.
    """

    values: Any
    given: Any
    shape: tuple[int, ...] | None = None

    def __len__(self) -> int:
        sized = isinstance(self.values, (Frame, Source))
        return len(self.values) if sized else int(self.values.shape[0])

    def take(self, rows: np.ndarray) -> Table:
        """Return some rows."""
        if isinstance(self.values, Source):
            raise DataError(
                "Rows of a Source cannot be weighed from outside.", "Give weights in its batches."
            )
        frame = isinstance(self.values, Frame)
        values = self.values.rows(rows) if frame else rows_of(self.values, rows)
        same = self.given is self.values
        return Table(values, values if same else rows_of(self.given, rows), self.shape)

    def flat(self) -> Table:
        """Return the table as a preprocessing of ours sees it: an array has one dimension a row and
        no names."""
        return self if isinstance(self.values, Frame) else Table(self.values, self.values)


def read_table(estimator: BaseEstimator, X: Given, *, reset: bool, min_rows: int = 1) -> Table:
    """Return rows that are checked, and record the features in the estimator or compare them.

    Parameters
    ----------
    estimator : BaseEstimator
        Its ``n_features_in_`` and ``feature_names_in_`` are set, or checked unless ``reset``.
    X : array of 2 or more dimensions, sparse matrix, data frame, texts, Source or Table
        Cells may be missing (NaN, None). A data frame of numbers alone is an array. Texts are a
        sequence of strings, which is a table of the one column 'text'. A Table was read before:
        only its features are looked at.
    reset : bool
    min_rows : int, default 1

    Raises
    ------
    ValueError
        scikit-learn's own errors on arrays.
    DataError
        On data frames and sources.
    """
    table = X if isinstance(X, Table) else None
    given = X.given if isinstance(X, Table) else X
    if table is None and are_texts(given):
        given = frame_of_texts(given)
        table = _of_frame(given, min_rows, free=frozenset(given.columns))
    if is_frame(given):
        given = with_word_names(given)
        check_names(given)
    mixed = is_frame(given) and (has_texts(given) or (not reset and hasattr(estimator, "mixed_")))
    if is_source(given):
        _record(estimator, given.space, reset)
        table = table or _of_source(given, min_rows)
    elif table is not None or mixed:
        validate_data(estimator, given, reset=reset, skip_check_array=True)
        table = table or _of_frame(cast(IntoDataFrame, given), min_rows)
    else:
        table = _of_array(estimator, given, reset, min_rows)
    if reset:
        _mark(estimator, mixed)
    return table


def is_source(X: object) -> TypeGuard[Source]:
    """Whether rows come from a source, which a data frame with such columns is not."""
    return isinstance(X, Source) and isinstance(X.space, Space)


def row_shape(X: object) -> tuple[int, ...] | None:
    """Return the shape of one row of an array of more than two dimensions, else None."""
    shape = getattr(X, "shape", ())
    return tuple(shape[1:]) if len(shape) > 2 else None


def _mark(estimator: BaseEstimator, mixed: bool) -> None:
    """Remember that the rows were a table with words."""
    if mixed:
        estimator.mixed_ = True
    elif hasattr(estimator, "mixed_"):
        del estimator.mixed_


def _record(estimator: BaseEstimator, space: Space, reset: bool) -> None:
    if reset:
        estimator.n_features_in_ = space.size
    elif estimator.n_features_in_ != space.size:
        raise DataError(
            f"X has {space.size} features, but {type(estimator).__name__} is expecting "
            f"{estimator.n_features_in_} features as input."
        )


def _of_source(source: Source, min_rows: int) -> Table:
    _enough("source", len(source), min_rows)
    shape = source.space.shape
    return Table(source, source, shape if len(shape) > 1 else None)


def _of_frame(given: IntoDataFrame, min_rows: int, free: frozenset[str] = frozenset()) -> Table:
    frame = replace(read_frame(given), free=free)
    _enough("data frame", len(frame), min_rows)
    return Table(frame, given)


def _enough(what: str, rows: int, least: int) -> None:
    if rows < least:
        raise DataError(
            f"The {what} has {rows} row(s); at least {least} are needed.", "Give it more rows."
        )


def _as_numbers(given: Given) -> Given:
    """Return an array of texts or of Python's own cells as numbers, where all of them are.

    Raises
    ------
    DataError
        For a text that is none; names its column and its row.
    """
    if not isinstance(given, np.ndarray) or given.dtype.kind not in "OU" or given.ndim != 2:
        return given
    try:
        return given.astype(np.float64)
    except (TypeError, ValueError):
        pass
    for row, column in np.ndindex(given.shape):
        cell = given[row, column]
        try:
            float(cell)
        except ValueError:
            raise DataError(
                f"Column x{column} holds {cell!r} in row {row}; expected numbers.",
                "Mend the cell, or give a data frame for columns of words.",
            ) from None
        except TypeError:  # no text: scikit-learn's own words
            break
    return given


def _of_array(estimator: BaseEstimator, given: Given, reset: bool, min_rows: int) -> Table:
    kind = getattr(getattr(given, "dtype", None), "kind", "")
    if kind in "Mm" and kind:
        raise DataError(
            f"X is an array of dates or times ({given.dtype}); expected numbers.",  # type: ignore[union-attr]
            "Turn them into numbers (days since a fixed day, say).",
        )
    given = _as_numbers(given)
    rows = validate_data(
        estimator,
        given,
        reset=reset,
        accept_sparse="csr",
        dtype="numeric",
        ensure_all_finite="allow-nan",
        allow_nd=True,
        ensure_min_samples=min_rows,
    )
    if sp.issparse(rows):
        if np.isnan(rows.data).any():
            raise DataError(
                "A sparse matrix holds NaN; its missing cells are zeros.", "Replace NaN by numbers."
            )
        return Table(rows, given)
    check_channels(rows.shape, "X")
    if rows.dtype.kind == "b":
        rows = rows.astype(np.float32)
    return Table(rows.reshape(len(rows), -1), given, row_shape(rows))
