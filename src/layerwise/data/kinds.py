"""What the columns of a data frame are: numbers, categories or free text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .._errors import DataError, did_you_mean
from .frames import Frame
from .text import is_free

if TYPE_CHECKING:
    import polars as pl

    from .cells import Reading

_WHOLE = re.compile(r"(-?(?:0|[1-9]\d*))(?:\.0+)?")


def settled(table: Frame, free: str | Sequence[str] = "auto") -> tuple[Frame, list[str]]:
    """Return a frame whose texts that hold numbers or truth values are numbers, whose columns of
    free text are known, and notes.

    Parameters
    ----------
    table : Frame
    free : 'auto' or sequence of str
        Columns of free text; 'auto' takes those of many different texts.

    Raises
    ------
    DataError
        For text that looks like numbers or dates and cannot be read; names the column.
    """
    import polars as pl

    from .cells import understood

    numbers, texts, notes = dict(table.numbers), {}, []
    known = _free_of(table, () if isinstance(free, str) else free)
    for name, cells in table.texts.items():
        if name in known:
            texts[name] = _blanked(cells)
            continue
        series = pl.Series(name, cells.tolist(), pl.String)
        if name in table.declared:
            texts[name] = _blanked(cells)
            continue
        if isinstance(free, str) and is_free(series):
            known, texts[name] = known | {name}, _blanked(cells)
            notes.append(told_of_text(series))
            continue
        column, said = understood(series.str.strip_chars(), _how())
        notes += said
        if column.dtype == pl.String:
            texts[name] = _blanked(cells)
            notes += _identifier_told(name, column)
            continue
        numbers[name] = _as_array(column)
        if column.null_count() < len(column):
            what = "truth values" if column.dtype == pl.Boolean else "numbers"
            notes.append(f"Column {name!r} holds {what} as text; they were read as {what}.")
    return replace(table, numbers=numbers, texts=texts, free=known), notes


def free_columns(table: Frame) -> frozenset[str]:
    """Return the columns of free text: those that are known, and those that are found."""
    import polars as pl

    open_ = [name for name in table.texts if name not in table.declared | table.free]
    found = [n for n in open_ if is_free(pl.Series(n, table.texts[n].tolist(), pl.String))]
    return table.free | frozenset(found)


def _free_of(table: Frame, named: Sequence[str]) -> frozenset[str]:
    """Return the columns that are known to be free text.

    Raises
    ------
    DataError
        When a name is no column of words.
    """
    for name in named:
        if name not in table.columns:
            raise DataError(
                f"There is no column {name!r} to read as text.", did_you_mean(name, table.columns)
            )
        if name not in table.texts:
            raise DataError(
                f"Column {name!r} is to be read as text, and holds numbers.",
                "Leave it out of the columns of text.",
            )
    return table.free | frozenset(named)


def told_of_text(column: pl.Series) -> str:
    """Return a note on a column that is read as free text."""
    filled = column.drop_nulls()
    length = float(filled.str.len_chars().mean() or 0)  # type: ignore[arg-type]
    return (
        f"Column {column.name!r} is read as free text ({filled.n_unique():,} different texts in "
        f"{len(column):,} rows, {length:.0f} characters in the mean)."
    )


def _identifier_told(name: str, column: pl.Series) -> list[str]:
    """Return a note on texts that hardly repeat: nothing can be learned from a name."""
    from .odd import hardly_repeat

    if not hardly_repeat(column):
        return []
    return [
        f"Column {name!r} looks like an identifier ({column.drop_nulls().n_unique():,} different "
        f"texts in {len(column):,} rows): drop it."
    ]


def settled_as(
    table: Frame, numbers: list[str], levels: dict[str, list[str]], free: Sequence[str] = ()
) -> Frame:
    """Return a frame whose columns are of the kinds that were learned; whole numbers among
    categories and texts are spelled as they were.

    Raises
    ------
    DataError
        For a word among the numbers; names column and cell.
    """
    from .spelling import spelled

    kept, texts = dict(table.numbers), dict(table.texts)
    for name in numbers:
        if name in texts:
            kept[name] = _numbers(name, texts.pop(name))
    for name in (*levels, *free):
        if name in kept:
            values = kept.pop(name).tolist()
            cells = [None if value != value else spelled(value) for value in values]
            texts[name] = np.array(cells, dtype=object)
        else:
            texts[name] = _blanked(texts[name])
    for name, known in levels.items():
        texts[name] = _as_known(texts[name], known)
    return replace(table, numbers=kept, texts=texts, free=frozenset(free))


def as_matrix(table: Frame) -> np.ndarray:
    """Return a frame as the numbers that all its columns are for a model of numbers ``(n, m)``."""
    columns = settled_as(table, list(table.columns), {}).numbers
    return np.column_stack([columns[name] for name in table.columns])


def _as_known(cells: np.ndarray, levels: list[str]) -> np.ndarray:
    """Return categories in the spelling that was learned: 1.0 is 1 where 1 is known, and the
    reverse."""
    known = set(levels)
    truth = {level.casefold(): level for level in levels}
    if {"true", "false"} & set(truth) and not {"0", "1"} & known:  # truth values as numbers
        said = {"1": truth.get("true", "1"), "0": truth.get("false", "0")}
        cells = np.array([said.get(cell, cell) for cell in cells.tolist()], dtype=object)
    odd = {cell for cell in cells.tolist() if cell is not None and cell not in known}
    whole = {_whole(level): level for level in levels if _whole(level)}
    change = {cell: whole[_whole(cell)] for cell in odd if _whole(cell) in whole}
    if not change:
        return cells
    return np.array([change.get(cell, cell) for cell in cells.tolist()], dtype=object)


def _whole(text: str) -> str:
    """Return a whole number without its point, '' for anything else."""
    found = _WHOLE.fullmatch(text)
    return found[1] if found else ""


def _how() -> Reading:
    from .cells import BLANK, Reading

    return Reading(marks=BLANK)


def _blanked(cells: np.ndarray) -> np.ndarray:
    """Return texts with None for those of nothing but spaces."""
    blanks = {cell for cell in set(cells.tolist()) if cell is not None and not cell.strip()}
    if not blanks:
        return cells
    blank = [cell in blanks for cell in cells.tolist()]
    result = cells.copy()
    result[np.array(blank, dtype=bool)] = None
    return result


def _as_array(column: object) -> np.ndarray:
    import polars as pl

    assert isinstance(column, pl.Series)
    return np.array(column.cast(pl.Float64).to_numpy(), dtype=np.float64)


def _numbers(name: str, cells: np.ndarray) -> np.ndarray:
    import polars as pl

    from .cells import learned_numbers

    def complaint(cell: str, place: str) -> str:
        return f"held numbers when the model was fitted, and holds {cell} in {place} now"

    series = pl.Series(name, cells.tolist(), pl.String)
    return _as_array(learned_numbers(series, _how(), complaint)[0])
