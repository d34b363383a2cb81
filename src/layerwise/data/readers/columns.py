"""Feature columns: numbers and strings pass, everything else is changed or refused by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._errors import DataError
from .inference import DATES

if TYPE_CHECKING:
    import polars as pl

LARGEST = 3.4028234663852886e38  # of float32
_ROWS, _TEXT_SHARE, _TEXT_LENGTH, _ID_SHARE = 50, 0.90, 30, 0.95


def features(
    frame: pl.DataFrame, like: pl.DataFrame | None = None
) -> tuple[pl.DataFrame, list[str]]:
    """Return the feature columns as numbers and strings, and notes.

    Truth values become 0.0 and 1.0, decimals floats, categories strings; NaN and "" become null.
    A string column that is different in over 95 % of at least 50 rows is an identifier and is
    dropped; one of whole sentences is refused, and so is any number that does not fit in a float32.

    Parameters
    ----------
    frame : polars.DataFrame
    like : polars.DataFrame, optional
        Features of the training rows; their types are asked for, and nothing is dropped.
    """
    import polars as pl

    problems, kept, notes = [], [], []
    for series in frame:
        problem = unusable(series)
        if problem:
            problems.append(problem)
            continue
        column = plain(series)
        if like is not None:
            column = _as(column, like[series.name])
        elif column.dtype == pl.String and _is_identifier(column):
            count = f"{column.n_unique()} different texts in {len(column)} rows"
            notes.append(
                f"Column {series.name!r} was dropped: it looks like an identifier ({count})."
            )
            continue
        in_range(column)
        kept.append(column)
    if problems:
        raise DataError(
            " ".join(problems),
            DATES
            if "dates or times" in problems[0]
            else "Drop them, or turn them into numbers or short texts.",
        )
    if not kept:
        raise DataError(
            "The table has no column to learn from.",
            "It needs at least one column of numbers or categories beside the target.",
        )
    return pl.DataFrame(kept), notes


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


def in_range(series: pl.Series) -> None:
    """Refuse infinite numbers and those that become infinite as float32."""
    if not series.dtype.is_float():
        return
    outside = (series.abs() > LARGEST).fill_null(False)
    if outside.any():
        row = outside.arg_max() or 0
        hint = "Mend the cell, or leave it empty if the value is missing."
        raise DataError(
            f"Column {series.name!r} holds {series[row]} in row {row + 1}; numbers must stay "
            "within ±3.4e38.",
            hint,
        )


def _as(series: pl.Series, like: pl.Series) -> pl.Series:
    """Return a test column in the type of the training column; nothing was learned from one that
    was all missing."""
    import polars as pl

    kind = like.dtype
    if like.null_count() == len(like):
        return pl.Series(series.name, [None] * len(series), kind)
    if series.dtype == kind or series.null_count() == len(series):
        return series.cast(kind)
    if kind == pl.String:
        return series.cast(pl.String)
    if series.dtype != pl.String:
        return series if kind.is_numeric() else series.cast(kind)
    wrong = series.is_not_null() & series.cast(pl.Float64, strict=False).is_null()
    if wrong.any():
        row = wrong.arg_max() or 0
        message = (
            f"Column {series.name!r} holds numbers in the training rows, but "
            f"{series[row]!r} in row {row + 1} of the test."
        )
        raise DataError(message, "Mend the cell, or leave it empty if the value is missing.")
    return series.cast(pl.Float64)


def _is_identifier(series: pl.Series) -> bool:
    """Tell whether a text column names its rows; refuse free text, which is neither a name nor a
    category."""
    filled = series.drop_nulls()
    if len(filled) < _ROWS:
        return False
    share = filled.n_unique() / len(filled)
    length = float(filled.str.len_chars().mean() or 0)  # type: ignore[arg-type]
    words = float(filled.str.contains(r"\s|[^\x00-\x7F]").mean() or 0)  # type: ignore[arg-type]
    if share > _TEXT_SHARE and length > _TEXT_LENGTH and words > 0.5:
        message = (
            f"Column {series.name!r} holds free text ({share:.0%} of its cells differ, "
            f"{length:.0f} characters on average)."
        )
        raise DataError(
            message, "Free text is not supported: drop the column, or turn it into numbers first."
        )
    return share > _ID_SHARE
