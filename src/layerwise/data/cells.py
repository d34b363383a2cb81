"""From cells of text to a column of numbers, truth values or categories: one rule for files, data
frames and rows given in Python.

A column is of numbers when every cell is one, but for marks of what is missing. One that only
looks like numbers or dates is refused by name: as text it would become one category a value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl

from .._errors import DataError
from .marks import (
    DAY,
    DAY_OR_TIME,
    LEADING_ZEROS,
    LOOKS,
    LOOSE,
    MISSING,
    MISSING_IN_NUMBERS,
    MOST_UNITS,
    PLAIN,
    UNIT_OF,
    UNITS,
    Look,
)

Where = Callable[[int], str]
FEW = 20  # different values that may be categories although they look like numbers
_FEWEST, _SURELY, _STRAY, _SHOWN = 5, 3, 2, 4
_COMMA = r"^[+-]?\d*,\d+([eE][+-]?\d+)?$"
_COMMA_THOUSANDS = r"^[+-]?[1-9]\d{0,2}(,\d{3})+$"
_POINT_THOUSANDS = r"^[+-]?[1-9]\d{0,2}(\.\d{3})+$"
_EUROPEAN = r"^[+-]?\d{1,3}(\.\d{3})+(,\d+)?$"
DATES = "Drop the column, or turn it into numbers (days since a fixed day; month; weekday)."


def row_of(row: int) -> str:
    """Return the place of a row in words: rows count from 0, as in every output.

    >>> row_of(3)
    'row 3'
    """
    return f"row {row}"


@dataclass(frozen=True)
class Reading:
    """How cells are to be read.

    Parameters
    ----------
    decimal_comma : bool
        Whether ``1,5`` may be a number: not in files whose cells are parted by commas.
    marks : tuple of str
        Cells that are missing in every column.
    where : callable
        From the position of a row to its place in words.
    """

    decimal_comma: bool = False
    marks: Sequence[str] = MISSING
    where: Where = row_of


def understood(cells: pl.Series, how: Reading) -> tuple[pl.Series, list[str]]:
    """Return a column of text cells in its own type, and notes on what was guessed.

    Parameters
    ----------
    cells : polars.Series of strings
        Without surrounding spaces.
    how : Reading

    Returns
    -------
    series : polars.Series
        Int64 or Float64; Boolean where every cell is true or false; else String.
    notes : list of str

    Raises
    ------
    DataError
        For cells that look like numbers or dates and are none that can be read.

    Examples
    --------
    >>> import polars as pl
    >>> series, notes = understood(pl.Series("x", ["1", "-", "2.5"]), Reading())
    >>> series.to_list(), notes
    ([1.0, None, 2.5], ["Column 'x': 1 cell '-' was taken for missing."])
    """
    text, gone = without(cells, how.marks)
    if text.null_count() == len(text):
        return text.cast(pl.Float64), []
    numbers, more, notes = _as_numbers(text, how)
    if numbers is not None:
        return numbers, [*_told(text.name, gone | more), *notes]
    lower = text.str.to_lowercase()
    if lower.is_in(["true", "false"]).fill_null(True).all():
        return lower == "true", _told(text.name, gone)
    _refuse(text, how)
    return text, [*_told(text.name, gone), *_codes(text)]


def without(cells: pl.Series, marks: Sequence[str]) -> tuple[pl.Series, dict[str, int]]:
    """Return cells with null for marks of what is missing, and the count of each mark but ''."""
    missing = cells.is_in(list(marks))
    counts = cells.filter(missing & (cells != "")).value_counts(sort=True)
    return cells.set(missing.fill_null(False), None), dict(counts.rows())


def missing_told(name: str, gone: dict[str, int], so: str = "taken for missing") -> str:
    """Return a sentence with count and spelling of marks."""
    shown = ", ".join(
        f"{count:,} cell{'s' * (count > 1)} {mark!r}" for mark, count in list(gone.items())[:_SHOWN]
    )
    more = f" and {len(gone) - _SHOWN} other spellings" if len(gone) > _SHOWN else ""
    were = "was" if sum(gone.values()) == 1 else "were"
    return f"{name}: {shown}{more} {were} {so}."


def _told(name: str, gone: dict[str, int]) -> list[str]:
    odd = {mark: count for mark, count in gone.items() if mark not in ("?", "NaN", "nan")}
    return [missing_told(f"Column {name!r}", odd)] if odd else []


def as_numbers(cells: pl.Series, how: Reading) -> tuple[pl.Series | None, list[str]]:
    """Return text cells as the numbers that all of them are, and notes; None where they are not.

    Leading zeros are read over: who asks knows that these are numbers.
    """
    text, gone = without(cells, how.marks)
    numbers, more, notes = _as_numbers(text, how, codes=False)
    return numbers, [*_told(cells.name, gone | more), *notes]


def _as_numbers(
    text: pl.Series, how: Reading, codes: bool = True
) -> tuple[pl.Series | None, dict[str, int], list[str]]:
    """Return the numbers that all cells are or None, marks of what is missing, and notes."""
    lower = text.str.to_lowercase()
    mark = lower.is_in(list(MISSING_IN_NUMBERS)).fill_null(False)
    filled = text.set(mark, None)
    if filled.null_count() == len(filled):
        return None, {}, []
    points, said = _with_points(filled, how) if how.decimal_comma else (filled, [])
    number = _cast(points)
    if number is None or (codes and _are_codes(filled)):
        return None, {}, []
    gone = dict(text.filter(mark).value_counts(sort=True).rows())
    return number, gone, [*said, *_compact_dates(number)]


def _cast(text: pl.Series) -> pl.Series | None:
    missing = text.null_count()
    number = text.cast(pl.Float64, strict=False)
    if number.null_count() != missing:
        return None
    whole = text.cast(pl.Int64, strict=False)
    return whole if whole.null_count() == missing < len(text) else number


def _compact_dates(number: pl.Series) -> list[str]:
    """Tell of whole numbers that are all days, written as 20240331."""
    days = number.drop_nulls()
    if days.dtype != pl.Int64 or len(days) < _FEWEST or days.n_unique() < _FEWEST:
        return []
    month, day = days // 100 % 100, days % 100
    inside = days.is_between(1_900_01_01, 2_100_12_31) & month.is_between(1, 12)
    if not (inside & day.is_between(1, 31)).all():
        return []
    return [
        f"Column {number.name!r} looks like dates ({days[0]}); it is read as numbers, in which a "
        "month has 100 days."
    ]


def _with_points(text: pl.Series, how: Reading) -> tuple[pl.Series, list[str]]:
    """Return cells with decimal points for decimal commas, and without points of thousands."""
    name = text.name
    european = text.str.contains(_EUROPEAN).fill_null(False)
    sure = european & (text.str.contains(",") | (text.str.count_matches(r"\.") > 1))
    changed = text.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    bare = text.str.contains(r"^[+-]?\d+(,\d+)?$").fill_null(True)
    if sure.any() and (european | bare).all():
        note = f"Points in column {name!r} were read as separators of thousands, "
        return changed, [note + "commas as decimal points."]
    _refuse_ambiguous(text, how)
    comma = text.str.contains(_COMMA).fill_null(False)
    if not comma.any():
        return text, []
    changed = text.str.replace(",", ".", literal=True)
    if changed.cast(pl.Float64, strict=False).null_count() != text.null_count():
        return text, []
    return changed, [f"The comma in column {name!r} was read as a decimal point."]


def _refuse_ambiguous(text: pl.Series, how: Reading) -> None:
    """Refuse numbers whose only mark may part thousands or decimals: ``1,077`` beside ``950``."""
    for mark, pattern in ((",", _COMMA_THOUSANDS), (".", _POINT_THOUSANDS)):
        marked = text.str.contains(mark, literal=True).fill_null(False)
        if not marked.any() or not text.filter(marked).str.contains(pattern).all():
            continue
        rest = text.filter(~marked & text.is_not_null())
        others = rest.cast(pl.Int64, strict=False)
        large = (others.abs() >= 100).any() if len(rest) else mark == ","
        if others.null_count() or (mark == "." and not large):
            continue
        row = marked.arg_max() or 0
        message = (
            f"Column {text.name!r} holds numbers with {'commas' if mark == ',' else 'points'} "
            f"({text[row]!r} in {how.where(row)}) that may part thousands or decimals."
        )
        cell = str(text[row])
        raise DataError(
            message,
            "Write them without thousands separators: "
            f"{cell.replace(mark, '')}, or {cell.replace(mark, '.', 1)}0 for a fraction.",
        )


def _are_codes(text: pl.Series) -> bool:
    """Whether leading zeros say that the cells name something."""
    return bool(text.str.contains(LEADING_ZEROS).any())


def _codes(text: pl.Series) -> list[str]:
    zeros = text.str.contains(LEADING_ZEROS).fill_null(False)
    if not zeros.any() or text.cast(pl.Float64, strict=False).null_count() > text.null_count():
        return []
    return [
        f"Column {text.name!r} holds leading zeros ({text.filter(zeros)[0]!r}): its cells are "
        "taken for names, not for numbers."
    ]


def _refuse(text: pl.Series, how: Reading) -> None:
    """Refuse text that holds numbers or dates in a form that cannot be read."""
    _refuse_dates(text, how)
    if _are_codes(text):
        return
    plain = text.str.contains(PLAIN).fill_null(False)
    marks = text.str.to_lowercase().is_in(list(MISSING_IN_NUMBERS)).fill_null(False)
    looks = [(look, _like(text, look)) for look in LOOKS]
    like = _any(plain, looks)
    every = bool((like | marks | text.is_null()).all()) and bool((like & ~plain).any())
    if not every:
        looks += [(look, _like(text, look)) for look in LOOSE]
        like = _any(plain, looks)
        if not _measured(text, like, marks) and not _many(text, like):
            return
    stray = text.is_not_null() & ~like & ~marks
    _complain(text, stray if bool(stray.any()) else like & ~plain, looks, how)


def _measured(text: pl.Series, like: pl.Series, marks: pl.Series) -> bool:
    """Whether there are fractions beside hardly any word: no categories, however few."""
    others = text.filter(~like & ~marks & text.is_not_null()).n_unique()
    return others <= _STRAY and bool((like & text.str.contains(r"\d[.,]\d")).any())


def _like(text: pl.Series, look: Look) -> pl.Series:
    found = text.str.contains(look.pattern).fill_null(False)
    if look is not UNITS or not found.any():
        return found
    units = text.filter(found).str.extract(UNIT_OF).n_unique()
    return found if units <= MOST_UNITS else found & False


def _any(plain: pl.Series, looks: list[tuple[Look, pl.Series]]) -> pl.Series:
    result = plain
    for _, found in looks:
        result = result | found
    return result


def _complain(
    text: pl.Series, odd: pl.Series, looks: list[tuple[Look, pl.Series]], how: Reading
) -> None:
    row, count = odd.arg_max() or 0, int(odd.sum())
    look = next((look for look, found in looks if found[row]), None)
    what = f" ({look.what})" if look else ""
    said = f"numbers, except for {count:,} of {text.count():,} cells; the first is {text[row]!r} "
    said += f"in {how.where(row)}{what}"
    if look is not None and count == text.count():
        said = f"{look.what} ({text[row]!r} in {how.where(row)})"
    raise DataError(
        f"Column {text.name!r} holds {said}.",
        look.cure if look else "Mend those cells, or leave them empty if the value is missing.",
    )


def _refuse_dates(text: pl.Series, how: Reading) -> None:
    day = text.str.contains(DAY).fill_null(False)
    date = text.str.contains(DAY_OR_TIME).fill_null(False)
    marks = text.str.to_lowercase().is_in(list(MISSING_IN_NUMBERS))
    every = bool(day.any()) and bool((date | marks.fill_null(True)).all())
    if not (every or (date.any() and _many(text, date))):
        return
    row = date.arg_max() or 0
    share = "" if every else f" in {int(date.sum()):,} of {text.count():,} cells"
    raise DataError(
        f"Column {text.name!r} holds dates or times{share} ({text[row]!r} in {how.where(row)}).",
        DATES,
    )


def _many(text: pl.Series, like: pl.Series) -> bool:
    """Whether so many different cells look alike that they are no categories."""
    filled = text.drop_nulls()
    these = text.filter(like)
    distinct, others = these.n_unique(), filled.n_unique() - these.n_unique()
    if distinct > _SURELY and len(these) < 2 * distinct and others <= distinct:
        return True  # hardly two are the same: no categories, however few
    if distinct <= min(FEW, max(_FEWEST, len(filled) // 2)):
        return False
    return 2 * len(these) >= len(filled) or distinct >= others


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
