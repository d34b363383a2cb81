"""Any data frame at the door: its numbers and its categories."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeGuard, cast

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.typing import IntoDataFrame

from .._errors import DataError

if TYPE_CHECKING:
    import polars as pl


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
    declared : frozenset of str
        Columns of text that were given as categories: theirs are names whatever they look like.
    free : frozenset of str
        Columns of free text.
    """

    numbers: dict[str, np.ndarray]
    texts: dict[str, np.ndarray]
    columns: tuple[str, ...]
    backend: str
    declared: frozenset[str] = frozenset()
    free: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(next(iter((self.numbers | self.texts).values()))) if self.columns else 0

    def rows(self, index: np.ndarray) -> Frame:
        """Return some rows."""
        numbers = {name: values[index] for name, values in self.numbers.items()}
        texts = {name: values[index] for name, values in self.texts.items()}
        return replace(self, numbers=numbers, texts=texts)


def is_frame(X: object) -> TypeGuard[IntoDataFrame]:
    """Whether X is an eager data frame that narwhals knows."""
    return nw.dependencies.is_into_dataframe(X) and not isinstance(X, np.ndarray)


def has_texts(X: IntoDataFrame) -> bool:
    """Whether a data frame has columns that are not numbers."""
    schema = nw.from_native(X, eager_only=True).schema
    return any(not (dtype.is_numeric() or dtype == nw.Boolean) for dtype in schema.values())


def read_frame(X: IntoDataFrame) -> Frame:
    """Split a data frame into numbers and texts.

    Cells of any type that are numbers are numbers; what text means is settled in ``kinds``.

    Raises
    ------
    DataError
        For a column of dates, lists or other kinds, an infinite number, or a name that stands
        twice; names the column.
    """
    check_names(X)
    frame = nw.from_native(X, eager_only=True)
    numbers, texts, declared = {}, {}, set()
    for label in frame.columns:
        name, column = str(label), frame.get_column(label)
        if column.dtype.is_numeric() or column.dtype == nw.Boolean:
            numbers[name] = _number(name, column)
        elif column.dtype in (nw.Categorical, nw.Enum):
            texts[name] = _texts(name, column)
            declared.add(name)
        elif column.dtype == nw.String:
            texts[name] = _texts(name, column)
        elif column.dtype in (nw.Object, nw.Unknown):
            _object(name, column, numbers, texts)
        else:
            raise DataError(
                f"Column {name!r} holds {column.dtype}; expected numbers or categories.",
                "Turn it into numbers (days since a date, say), or drop it.",
            )
    backend = str(frame.implementation.name).lower()
    return Frame(numbers, texts, tuple(map(str, frame.columns)), backend, frozenset(declared))


def check_names(X: object) -> None:
    """Refuse a data frame with a name that stands twice.

    Raises
    ------
    DataError
    """
    names = [str(name) for name in getattr(X, "columns", ())]
    if len(set(names)) < len(names):
        twice = [name for name, count in Counter(names).items() if count > 1]
        shown = ", ".join(repr(name) for name in twice[:5])
        raise DataError(
            f"These names of columns stand more than once: {shown}.", "Rename the columns."
        )


def polars_of(X: IntoDataFrame) -> pl.DataFrame:
    """Return a data frame of any library as one of polars, whose columns are numbers, truth values,
    texts or categories; other types stay as they are.

    Raises
    ------
    DataError
        For a name that stands twice, or cells that are no numbers and no texts.
    """
    import polars as pl

    from .spelling import column_of, spelled

    check_names(X)
    frame = nw.from_native(X, eager_only=True)
    columns = []
    for label in frame.columns:
        name, column = str(label), frame.get_column(label)
        if frame.implementation.is_polars() and column.dtype != nw.Object:
            columns.append(column.to_native().alias(name))
        elif column.dtype in (nw.Categorical, nw.Enum):
            cells = [None if c is None else spelled(c) for c in cells_of(column)]
            columns.append(pl.Series(name, cells, pl.String).cast(pl.Categorical))
        elif column.dtype.is_temporal() or column.dtype.is_nested():
            columns.append(pl.Series(name, column.to_list(), strict=False))
        elif column.dtype.is_float():
            columns.append(
                pl.Series(name, np.asarray(column.to_numpy(), np.float64), nan_to_null=True)
            )
        else:
            columns.append(column_of(name, cells_of(column)))
    return pl.DataFrame(columns)


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
    values = np.asarray(column.cast(nw.Float64).to_numpy(), dtype=np.float64)
    if np.isinf(values).any():
        raise DataError(
            f"Column {name!r} holds infinity in row {int(np.isinf(values).argmax())}; expected "
            "numbers or missing cells.",
            "Replace it, or leave the cell empty.",
        )
    return values


def _texts(name: str, column: nw.Series) -> np.ndarray:
    from .spelling import spelled

    cells = column.to_list()
    if not set(map(type, cells)) <= {str, type(None)}:
        cells = [None if cell is None else spelled(cell) for cell in cells_of(column)]
    return np.array(cells, dtype=object)


def _object(
    name: str, column: nw.Series, numbers: dict[str, np.ndarray], texts: dict[str, np.ndarray]
) -> None:
    """Put Python's own cells where they belong."""
    from .spelling import column_of

    series = column_of(name, cells_of(column))
    if str(series.dtype) == "String":
        texts[name] = np.array(series.to_list(), dtype=object)
    else:
        numbers[name] = _number(name, nw.from_native(series, series_only=True))


def is_missing(value: object) -> bool:
    """Whether a cell is None, NaN or pandas' NA (which differs from itself, but not as a truth
    value)."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float) and math.isnan(value)
