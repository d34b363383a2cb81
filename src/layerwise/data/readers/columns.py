"""Feature columns: numbers, categories and texts pass, everything else is changed or refused by
name."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..._errors import DataError, did_you_mean
from ..cells import BLANK, Reading, learned_numbers, missing_told, understood, without
from ..kinds import told_of_text
from ..odd import DATES, hardly_repeat
from ..spelling import spelled_series
from ..text import is_free
from ..where import Where

if TYPE_CHECKING:
    import polars as pl

LARGEST = 3.4028234663852886e38  # of float32
_INDEX = re.compile(
    r"(?i:unnamed: \d+(?:\.\d+)?|index|level_\d+|row[._ ]?(?:names?|num(?:ber)?|nr|no|id|index)?|"
    r"\.\.\.\d+)|X(?:\.1)?"
)


@dataclass(frozen=True)
class Features:
    """The columns that are learned from, notes, and which of them hold free text."""

    frame: pl.DataFrame
    notes: list[str]
    texts: tuple[str, ...]


def features(
    frame: pl.DataFrame,
    like: pl.DataFrame | None = None,
    how: Reading | None = None,
    text: Sequence[str] = (),
) -> Features:
    """Return the feature columns as numbers and strings.

    Text is read as ``cells.understood`` says; truth values become 0.0 and 1.0, decimals floats,
    categories strings; NaN and "" become null. Columns of many different sentences are free text. A
    string column that is different in over 95 % of at least 50 rows is an identifier and is
    dropped, unless nothing else is left to learn from: then it is text. Row numbers under the name
    of an index are told of. A number that does not fit in a float32 is refused.

    Parameters
    ----------
    frame : polars.DataFrame
    like : polars.DataFrame, optional
        Features of the training rows; their types are asked for, and nothing is dropped.
    how : Reading, optional
        Of the text; by default that of a typed table.
    text : sequence of str
        Columns of free text, with ``like`` all of them.
    """
    import polars as pl

    how = how or Reading(marks=BLANK)
    _check_text(text, frame)
    problems, kept, notes, texts = [], [], [], []
    names: list[tuple[pl.Series, str]] = []  # identifiers, and what is told of each
    for series in frame:
        if like is None and _is_frames_index(series.name) and series.dtype.is_temporal():
            notes.append(
                f"Column {series.name!r} was dropped: it is the index of a data frame; rename it "
                "to keep it."
            )
        elif problem := unusable(series):
            problems.append(problem)
        elif series.name in text or (like is None and _is_free(series)):
            kept.append(plain(spelled_series(series)))
            texts.append(series.name)
            notes += [told_of_text(kept[-1])] if like is None and series.name not in text else []
        else:
            column, said = _meant_or_as(series, None if like is None else like[series.name], how)
            if like is None and column.dtype == pl.String and hardly_repeat(column):
                names.append((column, _identifier_told(column)))
                continue
            notes += said
            in_range(column, how.where)
            kept.append(column)
    _refuse(problems)
    if not kept and len(names) == 1:
        column, _ = names.pop()
        kept, texts = [column], [column.name]
        notes.append(told_of_text(column))
    notes += [told for _, told in names]
    if not kept:
        raise DataError(
            " ".join(["The table has no column to learn from.", *notes]),
            "It needs at least one column of numbers or categories beside the target.",
        )
    return Features(pl.DataFrame(kept), notes, tuple(texts))


def _meant_or_as(
    series: pl.Series, like: pl.Series | None, how: Reading
) -> tuple[pl.Series, list[str]]:
    """Return a column as what it means, or in the type of the training column, and notes."""
    if like is not None:
        return _as(series, like, how)
    column, notes = meant(series, how)
    return column, [*notes, *_index_told(column)]


def _identifier_told(column: pl.Series) -> str:
    count = f"{column.n_unique()} different texts in {len(column)} rows"
    return (
        f"Column {column.name!r} was dropped: it looks like an identifier ({count}); "
        f"--text {shlex.quote(column.name)} learns from it."
    )


def _refuse(problems: list[str]) -> None:
    """Refuse columns of types that cannot be used."""
    if problems:
        raise DataError(
            " ".join(problems),
            DATES
            if "dates or times" in problems[0]
            else "Drop such columns, or turn them into numbers or short texts.",
        )


def _check_text(text: Sequence[str], frame: pl.DataFrame) -> None:
    for name in text:
        if name not in frame.columns:
            raise DataError(
                f"There is no column {name!r} to read as text.", did_you_mean(name, frame.columns)
            )
        if frame[name].dtype.is_numeric():
            raise DataError(
                f"Column {name!r} is to be read as text, and holds numbers.",
                "Leave it out of the columns of text.",
            )


def _is_free(series: pl.Series) -> bool:
    import polars as pl

    return series.dtype == pl.String and is_free(series)


def unusable(series: pl.Series) -> str:
    """Return a sentence when a column is of a type that cannot be used, else ''."""
    import polars as pl

    if series.dtype.is_temporal():
        return f"Column {series.name!r} holds dates or times ({series.dtype})."
    if series.dtype.is_nested() or series.dtype in (pl.Binary, pl.Object):
        return (
            f"Column {series.name!r} is of the type {series.dtype}, which is neither a number "
            "nor a text."
        )
    return ""


def meant(series: pl.Series, how: Reading) -> tuple[pl.Series, list[str]]:
    """Return a column as numbers or strings, with null for what is missing, and notes.

    Text that holds numbers is numbers; a category keeps what it is.
    """
    import polars as pl

    if series.dtype != pl.String:
        return plain(series), []
    stripped = series.str.strip_chars()
    column, notes = understood(stripped, how)
    if column.dtype == pl.String:
        return series.set(column.is_null(), None), notes
    if how.marks == BLANK:  # a typed table, in which somebody wrote numbers as text
        what = "truth values" if column.dtype == pl.Boolean else "numbers"
        said = f"Column {series.name!r} holds {what} as text; they were read as {what}."
        notes = [said, *notes] if column.null_count() < len(column) else notes
    return plain(column), notes


def plain(series: pl.Series) -> pl.Series:
    """Return a column as numbers or strings, with null for NaN and ''."""
    import polars as pl

    kind = series.dtype
    if kind in (pl.Categorical, pl.Enum, pl.String):
        text = series.cast(pl.String)
        return text.set(text.str.strip_chars() == "", None)
    if not kind.is_numeric() or kind.is_decimal() or kind in (pl.Int128,):
        series = series.cast(pl.Float64)  # truth values, decimals, columns of nothing but null
    return series.fill_nan(None) if series.dtype.is_float() else series


def in_range(series: pl.Series, where: Where) -> None:
    """Refuse infinite numbers and those that become infinite as float32."""
    if not series.dtype.is_float():
        return
    outside = (series.abs() > LARGEST).fill_null(False)
    if outside.any():
        row = outside.arg_max() or 0
        hint = "Mend the cell, or leave it empty if the value is missing."
        raise DataError(
            f"Column {series.name!r} holds {series[row]} in {where(row)}; numbers must stay "
            "within ±3.4e38.",
            hint,
        )


def _as(series: pl.Series, like: pl.Series, how: Reading) -> tuple[pl.Series, list[str]]:
    """Return a test column in the type of the training column; nothing was learned from one that
    was all missing."""
    import polars as pl

    kind = like.dtype
    if like.null_count() == len(like):
        return pl.Series(series.name, [None] * len(series), kind), []
    if kind == pl.String:
        text = plain(series) if series.dtype == pl.String else series
        cells, gone = without(spelled_series(text), how.marks)
        odd = {mark: count for mark, count in gone.items() if mark != "?"}
        return cells, [missing_told(f"Column {series.name!r}", odd)] if odd else []
    column = plain(series)
    if column.dtype != pl.String:
        return column, []
    return learned_numbers(column, how, _complaint)


def _complaint(cell: str, place: str) -> str:
    return f"holds numbers in the training rows, but {cell} in {place} of the test"


def _index_told(series: pl.Series) -> list[str]:
    """Return a note on a column that is the index of a data frame by its name and its cells."""
    frames = _is_frames_index(series.name)
    if not frames and not (_INDEX.fullmatch(series.name) and _counts(series)):
        return []
    what = "the index of a data frame" if frames else "row numbers, under the name of an index"
    return [
        f"Column {series.name!r} holds {what}: leave it out, or rename it if it tells something."
    ]


def _counts(series: pl.Series) -> bool:
    """Whether a column holds the numbers of the rows, in any order; under a name that nothing else
    has, any different whole numbers."""
    if not series.dtype.is_numeric() or series.null_count() or series.n_unique() < len(series):
        return False
    if len(series) < 2 or not (series == series.round(0)).all():
        return False
    if not series.name.lower().startswith(("unnamed", "index", "level", "...")):
        low, high = float(series.min()), float(series.max())  # type: ignore[arg-type]
        return low in (0, 1) and high - low == len(series) - 1
    return True


def _is_frames_index(name: str) -> bool:
    return name.startswith("__index_level_") and name.endswith("__")
