"""The first line of a table: names of columns, or a row that lost its header."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from ..._errors import FileError
from .dataset import listing

if TYPE_CHECKING:
    import polars as pl

_SPECTRUM = 10  # columns that are called by fractions
INDEX = "Unnamed: 0"  # what pandas calls an index that was written without a name


def checked_header(path: Path, cells: list[str]) -> list[str]:
    """Return the names of the columns, '' where there is none.

    Raises
    ------
    FileError
        When most of the names are numbers, or one stands twice.
    """
    header = [cell.strip() for cell in cells]
    numbers = [name for name in header if _is_number(name)]
    if 2 * len(numbers) > len(header) and not _counts(numbers, len(header)):
        only = "only" if len(numbers) == len(header) else "mostly"
        raise FileError(
            f"{str(path)!r} has no header: its first line holds {only} numbers "
            f"({listing(header, 4)}).",
            "Add a first line with the names of the columns.",
        )
    named = [name for name in header if name]
    twice = sorted({name for name in named if named.count(name) > 1}) if _twice(named) else []
    if twice:
        raise FileError(
            f"{str(path)!r}: these names stand more than once in the header: {listing(twice)}.",
            "Rename the columns.",
        )
    return header


def trimmed(
    path: Path, header: list[str], frame: pl.DataFrame
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Return a frame under its header, and notes: columns without a name are left out when they are
    empty, and an index in the first one is called as pandas calls it.

    Raises
    ------
    FileError
        For another column without a name.
    """
    kept, names, left = [], [], 0
    for place, (name, series) in enumerate(zip(header, frame, strict=True)):
        if not name and (series == "").all():
            left += 1
            continue
        if not name and (place or INDEX in header or not _is_index(series)):
            hint = "Give each column a name (from pandas, write with index=False)."
            raise FileError(
                f"{str(path)!r}: the header has no name for column {place + 1} of {len(header)}.",
                hint,
            )
        kept.append(series)
        names.append(name or INDEX)
    result = frame.select([series.name for series in kept])
    result.columns = names
    if not left:
        return result, ()
    what = "columns without a name or a cell were" if left > 1 else "column without a name was"
    return result, (f"{left} {what} left out of {path.name!r}.",)


def _is_index(series: pl.Series) -> bool:
    import polars as pl

    numbers = series.cast(pl.Int64, strict=False)
    return numbers.null_count() == 0 and numbers.n_unique() == len(numbers)


def _twice(names: list[str]) -> bool:
    return len(set(names)) < len(names)


def _counts(numbers: list[str], width: int) -> bool:
    """Whether the names are numbers in even steps: columns 0, 1, 2, years, or wavelengths."""
    values = [float(name) for name in numbers]
    steps = [after - before for before, after in pairwise(values)]
    if not steps or min(steps) <= 0 or max(steps) - min(steps) > 1e-6 * max(values):
        return False
    whole = all(name.isdecimal() for name in numbers)
    if not whole:  # wavelengths
        return len(values) >= _SPECTRUM and min(values) > 0
    return len(values) < width or values[0] in (0, 1) or min(values) >= 1900


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
