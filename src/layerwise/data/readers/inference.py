"""From the text of CSV cells to numbers, truth values and strings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._errors import DataError

if TYPE_CHECKING:
    import polars as pl

# : Cells with this text are missing. ``None`` and ``none`` are categories, as many tables use them
# so.
MISSING = ("", "?", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL")
_DAY = r"\d{4}-\d{1,2}-\d{1,2}|\d{4}/\d{1,2}/\d{1,2}|\d{1,2}[/.]\d{1,2}[/.]\d{4}"
_DATE = rf"^({_DAY})([T ]\d{{1,2}}:\d{{2}}.*)?$"
_COMMA = r"^[+-]?\d*,\d+([eE][+-]?\d+)?$"
_THOUSANDS = r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$"
_MOSTLY = 0.95


def typed(
    frame: pl.DataFrame, text: frozenset[str] = frozenset(), *, decimal_comma: bool = False
) -> tuple[pl.DataFrame, list[str]]:
    """Return a frame of strings with each column in its own type, and notes.

    A column becomes a number when every cell that is not missing is one, a truth value when every
    such cell is true or false, and stays text otherwise.

    Parameters
    ----------
    frame : polars.DataFrame of strings
    text : frozenset of str
        Columns that stay text whatever they hold.
    decimal_comma : bool
        Whether ``1,5`` may be a number.
    """
    import polars as pl

    frame = frame.with_columns(
        pl.when(pl.all().is_in(MISSING)).then(None).otherwise(pl.all()).name.keep()
    )
    columns, commas = [], []
    for series in frame:
        if series.name in text:
            columns.append(series)
            continue
        points = _with_points(series) if decimal_comma else None
        if points is not None:
            commas.append(series.name)
        columns.append(_typed(series if points is None else points))
    notes = [f"The comma in column {name!r} was read as a decimal point." for name in commas]
    return pl.DataFrame(columns), notes


def _with_points(series: pl.Series) -> pl.Series | None:
    """Return the column with decimal points where commas made its cells no numbers."""
    import polars as pl

    comma = series.str.contains(_COMMA)
    if not comma.any():
        return None
    changed = series.str.replace(",", ".", literal=True)
    number = changed.cast(pl.Float64, strict=False)
    return changed if number.null_count() == series.null_count() else None


def _typed(series: pl.Series) -> pl.Series:
    import polars as pl

    missing = series.null_count()
    number = series.cast(pl.Float64, strict=False)
    if number.null_count() == missing:
        whole = series.cast(pl.Int64, strict=False)
        return whole if whole.null_count() == missing < len(series) else number
    lower = series.str.to_lowercase()
    if lower.is_in(["true", "false"]).fill_null(True).all():
        return lower == "true"
    if series.str.contains(_DATE).fill_null(True).all():
        raise DataError(f"Column {series.name!r} holds dates ({series.drop_nulls()[0]!r}).", DATES)
    if (
        series.str.contains(_THOUSANDS).any()
        and series.str.replace_all(",", "").cast(pl.Float64, strict=False).null_count() == missing
    ):
        cell = series.filter(series.str.contains(_THOUSANDS).fill_null(False))[0]
        raise DataError(
            f"Column {series.name!r} holds numbers with commas ({cell!r}).",
            "Write them without thousands separators.",
        )
    _refuse_stray_text(series, number)
    return series


DATES = "Drop the column, or turn it into numbers (days since a fixed day; month; weekday)."


def _refuse_stray_text(series: pl.Series, number: pl.Series) -> None:
    """Refuse a column of numbers with a few cells that are none: as text it would become one
    category a value."""
    filled = len(series) - series.null_count()
    count = len(series) - number.null_count()
    if count < _MOSTLY * filled or number.drop_nulls().n_unique() <= 20:
        return
    row = (series.is_not_null() & number.is_null()).arg_max() or 0
    place = f"{filled - count} of {filled} cells; the first is {series[row]!r} in row {row + 1}"
    message = f"Column {series.name!r} holds numbers, except for {place}."
    raise DataError(message, "Mend those cells, or leave them empty if the value is missing.")
