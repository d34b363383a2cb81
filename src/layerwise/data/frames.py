"""Any data frame at the door: its numbers and its categories."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard, cast

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.typing import IntoDataFrame

from .._errors import DataError


@dataclass(frozen=True)
class Frame:
    """A data frame, split by the kind of its columns.

    Parameters
    ----------
    numbers : dict of str to float64 array (n,)
        NaN where a cell is missing.
    texts : dict of str to object array (n,)
        Strings, None where a cell is missing.
    columns : tuple of str
        In the frame's order.
    backend : str
        The library that made the frame, for instance 'pandas' or 'polars'.
    """

    numbers: dict[str, np.ndarray]
    texts: dict[str, np.ndarray]
    columns: tuple[str, ...]
    backend: str

    def __len__(self) -> int:
        return len(next(iter((self.numbers | self.texts).values()))) if self.columns else 0

    def rows(self, index: np.ndarray) -> Frame:
        """Return some rows."""
        numbers = {name: values[index] for name, values in self.numbers.items()}
        texts = {name: values[index] for name, values in self.texts.items()}
        return Frame(numbers, texts, self.columns, self.backend)


def is_frame(X: object) -> TypeGuard[IntoDataFrame]:
    """Whether X is an eager data frame that narwhals knows."""
    return nw.dependencies.is_into_dataframe(X) and not isinstance(X, np.ndarray)


def has_texts(X: IntoDataFrame) -> bool:
    """Whether a data frame has columns that are not numbers."""
    schema = nw.from_native(X, eager_only=True).schema
    return any(not (dtype.is_numeric() or dtype == nw.Boolean) for dtype in schema.values())


def read_frame(X: IntoDataFrame) -> Frame:
    """Split a data frame into numbers and texts.

    Raises
    ------
    DataError
        For a column of dates, lists or other kinds, or an infinite number; names the column.
    """
    frame = nw.from_native(X, eager_only=True)
    numbers, texts = {}, {}
    for name in frame.columns:
        column = frame.get_column(name)
        if column.dtype.is_numeric() or column.dtype == nw.Boolean:
            numbers[str(name)] = _number(str(name), column)
        elif column.dtype in (nw.String, nw.Categorical, nw.Enum, nw.Object, nw.Unknown):
            texts[str(name)] = _text(str(name), column)
        else:
            raise DataError(
                f"Column {str(name)!r} holds {column.dtype}; expected numbers or categories.",
                "Turn it into numbers (days since a date, say), or drop it.",
            )
    backend = str(frame.implementation.name).lower()
    return Frame(numbers, texts, tuple(map(str, frame.columns)), backend)


def cells_of(column: Any) -> list[Any]:
    """Return the cells of a narwhals series as Python's own values, None where one is missing."""
    cells = [cell.item() if isinstance(cell, np.generic) else cell for cell in column.to_list()]
    return [None if is_missing(cell) else cell for cell in cells]


def make_frame(columns: Mapping[str, object], backend: str) -> Any:
    """Return a native data frame of the library that made the original."""
    return nw.from_dict(columns, backend=cast(Any, backend)).to_native()


def stack_frames(X: IntoDataFrame, more: IntoDataFrame) -> Any:
    """Return the rows of two data frames of one library, one after the other.

    Raises
    ------
    DataError
        When they are of different libraries, or a column is missing or of another kind.
    """
    first, second = (nw.from_native(part, eager_only=True) for part in (X, more))
    if first.implementation != second.implementation:
        raise DataError(
            "X and X_unlabeled are data frames of different libraries.",
            "Turn one into the other's kind.",
        )
    for name in first.columns:
        if name not in second.columns:
            raise DataError(
                f"X_unlabeled lacks the column {name!r} of X.", "Give both the same columns."
            )
        kinds = [part.get_column(name).dtype for part in (first, second)]
        if kinds[0].is_numeric() != kinds[1].is_numeric():
            raise DataError(
                f"Column {name!r} is {kinds[0]} in X and {kinds[1]} in X_unlabeled.",
                "Give both the same kind.",
            )
    second = second.select(nw.col(*first.columns))
    mixed = [
        name
        for name in first.columns
        if first.schema[name] != second.schema[name] and first.schema[name].is_numeric()
    ]
    parts = [
        part.with_columns(nw.col(*mixed).cast(nw.Float64)) if mixed else part
        for part in (first, second)
    ]
    return nw.concat(parts, how="vertical").to_native()


def _number(name: str, column: nw.Series) -> np.ndarray:
    values = np.array(column.cast(nw.Float64).to_numpy(), dtype=np.float64)
    if np.isinf(values).any():
        raise DataError(
            f"Column {name!r} holds infinity in row {int(np.isinf(values).argmax()) + 1}; expected "
            "numbers or missing cells.",
            "Replace it, or leave the cell empty.",
        )
    return values


def _text(name: str, column: nw.Series) -> np.ndarray:
    values = column.to_list()
    for row, value in enumerate(values):
        if isinstance(value, (list, dict, set, tuple)) or hasattr(value, "isoformat"):
            raise DataError(
                f"Column {name!r} holds {type(value).__name__} in row {row + 1}; expected numbers "
                "or categories.",
                "Turn it into numbers or words, or drop it.",
            )
    missing = [is_missing(value) for value in values]
    return np.array(
        [None if gone else str(value) for value, gone in zip(values, missing, strict=True)],
        dtype=object,
    )


def is_missing(value: object) -> bool:
    """Whether a cell is None, NaN or pandas' NA (which differs from itself, but not as a truth
    value)."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float) and math.isnan(value)
