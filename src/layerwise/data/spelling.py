"""Python's own cells as columns, and categories in one spelling."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl

from .._errors import DataError
from .where import Where, row_of


def column_of(name: str, cells: Sequence[Any], where: Where = row_of) -> pl.Series:
    """Return Python's own cells as a column: numbers, truth values or text, null where one is
    missing.

    Numbers of any type are numbers (``int``, ``float``, ``Decimal``); numbers among words are
    spelled.

    Raises
    ------
    DataError
        For a cell that is no number, truth value or text.
    """
    known = [cell for cell in cells if cell is not None]
    for kind in (pl.Boolean, pl.Int64, pl.Float64, pl.String):
        if all(isinstance(cell, _PYTHON[kind]) for cell in known):
            break
    else:
        kind = pl.String
        row = next((i for i, c in enumerate(cells) if c is not None and not _is_plain(c)), None)
        if row is not None:
            raise DataError(
                f"Column {name!r} holds {type(cells[row]).__name__} in {where(row)}; expected "
                "numbers or categories.",
                "Turn it into numbers or words, or drop it.",
            )
    if kind == pl.Int64 and all(-(2**63) <= int(cell) < 2**63 for cell in known):
        return pl.Series(name, [None if c is None else int(c) for c in cells], kind)
    if kind in (pl.Int64, pl.Float64):
        return pl.Series(name, [None if c is None else _float(c) for c in cells], pl.Float64)
    if kind == pl.Boolean:
        return pl.Series(name, [None if c is None else bool(c) for c in cells], kind)
    return pl.Series(name, [None if c is None else spelled(c) for c in cells], kind)


_NUMBERS = (int, float, Decimal, Fraction, np.integer, np.floating)
_PYTHON: dict[Any, tuple[type, ...]] = {
    pl.Boolean: (bool, np.bool_),
    pl.Int64: (int, np.integer),
    pl.Float64: (*_NUMBERS, np.bool_),
    pl.String: (str,),
}


def _is_plain(cell: object) -> bool:
    return isinstance(cell, (str, bool, np.bool_, *_NUMBERS))


def _float(cell: Any) -> float:
    try:
        return float(cell)
    except OverflowError:
        return float("inf") if cell > 0 else float("-inf")


def spelled(cell: object) -> str:
    """Return a category in one spelling: a whole number is 1, whatever type it has.

    >>> spelled(1.0), spelled(1), spelled("1.0"), spelled(0.5), spelled(True)
    ('1', '1', '1.0', '0.5', 'True')
    """
    if isinstance(cell, str):
        return cell
    if isinstance(cell, (float, np.floating, Decimal, Fraction)) and cell == cell:
        number = float(cell)
        if number.is_integer() and abs(number) < 1e15:
            return str(int(number))
        return str(cell) if isinstance(cell, (np.floating, Decimal)) else repr(number)
    return str(cell)


def spelled_series(series: pl.Series) -> pl.Series:
    """Return a column as text in the spelling of categories."""
    if series.dtype == pl.String:
        return series
    if series.dtype.is_numeric() or series.dtype == pl.Boolean:
        cells = [None if cell is None or cell != cell else spelled(cell) for cell in series]
        return pl.Series(series.name, cells, pl.String)
    return series.cast(pl.String)
