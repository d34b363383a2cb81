"""From cells of text to a column of numbers, truth values or categories: one rule for files, data
frames and rows given in Python.

A column is of numbers when every cell is one, but for marks of what is missing. One that only
looks like numbers or dates is refused by name: as text it would become one category a value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from .._errors import DataError
from .marks import LEADING_ZEROS, MISSING, MISSING_IN_NUMBERS
from .odd import are_codes, refuse_odd, told_of_digits
from .where import Where, row_of

# What a column of a typed table may have for a missing cell, beside null and NaN
BLANK = ("",)
_FEWEST, _SHOWN, _MANY_POINTS = 5, 4, 10
_COMMA_THOUSANDS = r"^[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+$"
_POINT_THOUSANDS = r"^[+-]?[1-9][0-9]{0,2}(\.[0-9]{3})+$"
_EUROPEAN = r"^[+-]?[0-9]{1,3}(\.[0-9]{3})+(,[0-9]+)?$"


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
    if _are_words(text):
        return text, _told(text.name, gone)
    numbers, more, notes = _as_numbers(text, how)
    if numbers is not None:
        return numbers, [*_told(text.name, gone | more), *notes]
    lower = text.str.to_lowercase()
    if lower.is_in(["true", "false"]).fill_null(True).all():
        return lower == "true", _told(text.name, gone)
    refuse_odd(text, how.where)
    return text, [*_told(text.name, gone), *(_codes(text) or told_of_digits(text))]


def _are_words(text: pl.Series) -> bool:
    """Whether no cell holds a digit or a truth value: most columns of categories, told at once."""
    words = text.unique().drop_nulls()
    if words.str.contains(r"\p{Nd}").any():
        return False
    return not words.str.to_lowercase().is_in(["true", "false", "inf", "infinity", "nan"]).any()


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
    return [missing_told(f"Column {name!r}", gone)] if gone else []


def as_numbers(cells: pl.Series, how: Reading) -> tuple[pl.Series | None, list[str]]:
    """Return text cells as the numbers that all of them are, and notes; None where they are not.

    Leading zeros are read over: who asks knows that these are numbers.
    """
    text, gone = without(cells, how.marks)
    numbers, more, notes = _as_numbers(text, how, codes=False)
    return numbers, [*_told(cells.name, gone | more), *notes]


def learned_numbers(
    cells: pl.Series, how: Reading, complaint: Callable[[str, str], str]
) -> tuple[pl.Series, list[str]]:
    """Return text cells of a column that was learned from as numbers, and notes; truth values are
    1 and 0.

    Parameters
    ----------
    cells : polars.Series of strings
    how : Reading
    complaint : callable
        The message for a word, from the cell and the place of its row.

    Raises
    ------
    DataError
        For a word; names column and cell.
    """
    stripped = cells.str.strip_chars()
    numbers, notes = as_numbers(stripped, how)
    if numbers is not None:
        return numbers, notes
    text = without(stripped, how.marks)[0]
    truth = text.str.to_lowercase()
    if truth.is_in(["true", "false"]).fill_null(True).all():
        return (truth == "true").cast(pl.Float64), []
    wrong = text.is_not_null() & text.cast(pl.Float64, strict=False).is_null()
    row = wrong.arg_max() or 0
    raise DataError(
        f"Column {cells.name!r} {complaint(repr(cells[row]), how.where(row))}.",
        "Mend the cell, or leave it empty if the value is missing.",
    )


def _as_numbers(
    text: pl.Series, how: Reading, codes: bool = True
) -> tuple[pl.Series | None, dict[str, int], list[str]]:
    """Return the numbers that all cells are or None, marks of what is missing, and notes."""
    lower = text.str.to_lowercase()
    mark = lower.is_in(list(MISSING_IN_NUMBERS)).fill_null(False)
    filled = text.set(mark, None)
    if filled.null_count() == len(filled):
        return None, {}, []
    points, said = _with_points(filled, how) if how.decimal_comma else _as_written(filled, how)
    number = _cast(points)
    if number is None or (codes and (are_codes(filled) or _merge(filled, number))):
        return None, {}, []
    gone = dict(text.filter(mark).value_counts(sort=True).rows())
    return number, gone, [*said, *_compact_dates(number)]


def _merge(text: pl.Series, number: pl.Series) -> bool:
    """Whether whole numbers have so many digits that different ones become one."""
    long = text.str.contains(r"^[+-]?[0-9]{16,}$").fill_null(False)
    return bool(long.any()) and text.n_unique() > number.n_unique()


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
    comma = text.str.contains(",", literal=True).fill_null(False)
    point = text.str.contains(".", literal=True).fill_null(False)
    if not comma.any() and not point.any():
        return text, []
    if _is_european(text, comma, point):
        note = f"Points in column {text.name!r} were read as separators of thousands, "
        changed = text.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
        return changed, [note + "commas as decimal points."]
    _refuse_ambiguous(text, comma, point, how)
    changed = text.str.replace(",", ".", literal=True)
    if not comma.any() or _cast(changed) is None:
        return text, []
    return changed, [f"The comma in column {text.name!r} was read as a decimal point."]


def _as_written(text: pl.Series, how: Reading) -> tuple[pl.Series, list[str]]:
    """Return cells whose points are decimal points, as in files parted by commas; refuse many that
    look like thousands beside whole numbers of hundreds, and tell of a few."""
    point = text.str.contains(".", literal=True).fill_null(False)
    like = text.filter(point)
    if not len(like) or not like.str.contains(_POINT_THOUSANDS).all():
        return text, []
    whole = text.filter(~point & text.is_not_null()).cast(pl.Int64, strict=False)
    if not (whole.abs() >= 100).any():
        return text, []
    if len(like) >= _MANY_POINTS:
        _refuse_ambiguous(text, text.is_null() & False, point, how)
    return text, [
        f"Points in column {text.name!r} were read as decimal points ({like[0]!r}); if they part "
        "thousands, leave them out."
    ]


def _is_european(text: pl.Series, comma: pl.Series, point: pl.Series) -> bool:
    """Whether points part thousands for sure: beside commas that are no thousands, or twice in a
    cell."""
    fits = text.str.contains(_EUROPEAN) | text.str.contains(r"^[+-]?[0-9]+(,[0-9]+)?$")
    if not point.any() or not fits.fill_null(True).all():
        return False
    twice = (text.str.count_matches(r"\.") > 1).fill_null(False)
    decimal = comma & (~text.str.contains(_COMMA_THOUSANDS).fill_null(False) | point)
    return bool(twice.any() or decimal.any())


def _refuse_ambiguous(text: pl.Series, comma: pl.Series, point: pl.Series, how: Reading) -> None:
    """Refuse numbers whose only mark may part thousands or decimals: ``1,077`` beside ``950``, and
    both marks in one column."""
    bare = text.str.replace_all(r"[.,]", "")
    if _cast(bare) is None:
        return
    if comma.any() and point.any():
        row = comma.arg_max() or 0
        other = text[point.arg_max() or 0]
        raise DataError(
            f"Column {text.name!r} holds numbers with commas and with points ({text[row]!r} in "
            f"{how.where(row)}, {other!r}): which of them parts decimals?",
            "Write 1234.5: no thousands separators, and a point before the decimals.",
        )
    mark, pattern = (",", _COMMA_THOUSANDS) if comma.any() else (".", _POINT_THOUSANDS)
    marked = comma if comma.any() else point
    if not text.filter(marked).str.contains(pattern).all():
        return
    whole = text.filter(~marked & text.is_not_null()).cast(pl.Int64, strict=False)
    if mark == "." and not (whole.abs() >= 100).any():
        return
    row = marked.arg_max() or 0
    cell = str(text[row])
    fraction = f", or {cell.replace(mark, '.')}0 for a fraction" if cell.count(mark) == 1 else ""
    raise DataError(
        f"Column {text.name!r} holds numbers with {'commas' if mark == ',' else 'points'} "
        f"({cell!r} in {how.where(row)}) that may part thousands or decimals.",
        f"Write them without thousands separators: {cell.replace(mark, '')}{fraction}.",
    )


def _codes(text: pl.Series) -> list[str]:
    zeros = text.str.contains(LEADING_ZEROS).fill_null(False)
    if not zeros.any() or text.cast(pl.Float64, strict=False).null_count() > text.null_count():
        return []
    return [
        f"Column {text.name!r} holds leading zeros ({text.filter(zeros)[0]!r}): its cells are "
        "taken for names, not for numbers."
    ]
