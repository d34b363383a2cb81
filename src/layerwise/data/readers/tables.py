"""Tables (CSV, Parquet) as features and a target, and a test table matched to the training one by
names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ..._errors import DataError, ParameterError, did_you_mean
from ..cells import Reading
from ..marks import MISSING
from ..spelling import spelled_series
from .columns import features
from .dataset import Dataset, NoIds, NoLabels, listing
from .delimited import read_delimited
from .parquet import read_parquet
from .targets import read_target

if TYPE_CHECKING:
    import polars as pl


def read_table(
    paths: list[Path],
    name: str,
    *,
    target: str | None = None,
    task: str | None = None,
    drop: Sequence[str] = (),
    like: Dataset | None = None,
    id_column: str | None = None,
    text: Sequence[str] = (),
    root: Path | None = None,
) -> Dataset:
    """Return a table.

    Parameters
    ----------
    paths : list of Path
        CSV files of one header, or Parquet files of one schema.
    name : str
    target : str, optional
        The column with the labels; an empty cell is a row without label.
    task : {'classification', 'regression'}, optional
        Overrides what follows from the target's values.
    drop : sequence of str, optional
        Columns to leave out, whatever they hold.
    like : Dataset, optional
        The training set, when the rows are for the test: columns are matched by name.
    id_column : str, optional
        The column that names the rows.
    text : sequence of str, optional
        Columns of free text, beside those that are found.
    root : Path, optional
        Folders below it that are called ``key=value`` give a column.

    Notes
    -----
    In text files the cells of ``marks.MISSING`` are missing, and in columns of numbers those of
    ``marks.MISSING_IN_NUMBERS`` too; in Parquet null, NaN and "".
    """
    named: dict[str, Any] = {"target": target, "task": task, "like": like}
    named |= {"drop": drop, "id_column": id_column, "text": text}
    if is_parquet(paths[0]):
        frame, notes = read_parquet(paths, root)
        return from_frame(frame, name, **named).with_notes(notes)
    cells = read_delimited(paths, root)
    how = Reading(decimal_comma=cells.delimiter != ",", marks=MISSING, where=cells.where)
    return from_frame(cells.frame, name, how=how, **named).with_notes(cells.notes)


def is_parquet(path: Path) -> bool:
    """Tell whether a file is called a Parquet file."""
    return path.suffix.lower() in (".parquet", ".pq")


def from_frame(
    frame: pl.DataFrame,
    name: str,
    *,
    target: str | None = None,
    task: str | None = None,
    drop: Sequence[str] = (),
    like: Dataset | None = None,
    id_column: str | None = None,
    text: Sequence[str] = (),
    how: Reading | None = None,
) -> Dataset:
    """Return a frame as a table.

    Parameters
    ----------
    frame : polars.DataFrame
    name, target, task, drop, like, id_column, text
        As in :func:`read_table`.
    how : Reading, optional
        Of cells that are all text still; None where columns have their types.
    """
    if target is not None and target not in frame.columns:
        raise NoLabels(
            f"{name!r} has no column {target!r} to take as the target.",
            _columns(target, frame.columns),
        )
    frame = frame.drop(check_dropped(drop, [c for c in frame.columns if c != target], target))
    notes = left_out_note(drop)
    frame, ids = _without_ids(frame, name, target, id_column)
    if like is not None:
        frame, more = _matched(frame, name, target, like)
        notes += more
    y = None
    if target is not None:
        y, task, said = read_target(frame[target], task, like, how)
        notes += said
        frame = frame.drop(target)
    known = None if like is None else cast("pl.DataFrame", like.X)
    found = features(frame, known, how, text if like is None else like.text_columns)
    return Dataset(
        name,
        found.frame,
        y,
        target,
        None,
        task if y is not None else None,
        notes=(*notes, *found.notes),
        ids=ids,
        id_column=id_column,
        text_columns=found.texts,
    )


def _without_ids(
    frame: pl.DataFrame, name: str, target: str | None, id_column: str | None
) -> tuple[pl.DataFrame, tuple[str, ...] | None]:
    """Return the frame without the column that names its rows, and those names."""
    if id_column is None:
        return frame, None
    if id_column not in frame.columns or id_column == target:
        what = "is the target" if id_column == target else "is not there"
        raise NoIds(
            f"{name!r}: the column {id_column!r} {what}, so it cannot name the rows.",
            "Name another column." if id_column == target else _columns(id_column, frame.columns),
        )
    cells = spelled_series(frame[id_column]).fill_null("")
    return frame.drop(id_column), tuple(cells.to_list())


def check_dropped(
    drop: Sequence[str], columns: Sequence[str], target: str | None = None
) -> list[str]:
    """Return the columns to leave out, each once.

    Raises
    ------
    ParameterError
        When there is no such column, or it is the target.
    """
    for name in drop:
        if name == target:
            raise ParameterError(
                f"{name!r} is the target; it cannot be left out.", "Leave out other columns."
            )
        if name not in columns:
            raise ParameterError(
                f"There is no column {name!r} to leave out.", did_you_mean(name, columns)
            )
    return list(dict.fromkeys(drop))


def left_out_note(drop: Sequence[str]) -> list[str]:
    """Return a sentence on the columns that were left out, where there are some."""
    return [f"Left out as asked: {listing(list(drop))}."] if drop else []


def _columns(name: str, known: list[str]) -> str:
    closest = did_you_mean(name, known)
    return closest if closest.startswith("Known") else f"{closest} Columns: {listing(known, 30)}."


def _matched(
    frame: pl.DataFrame, name: str, target: str | None, like: Dataset
) -> tuple[pl.DataFrame, list[str]]:
    """Return the columns of the training set, in its order; refuse when some are missing."""
    if target in cast("pl.DataFrame", like.X).columns:
        raise DataError(
            f"{target!r} is one of the columns that were learned from, so it is no target.",
            "Name another column.",
        )
    wanted = [*cast("pl.DataFrame", like.X).columns, *([target] if target is not None else [])]
    missing = [column for column in wanted if column not in frame.columns]
    extra = [column for column in frame.columns if column not in wanted]
    if missing:
        close = (
            " ".join(f"For {column!r}: {did_you_mean(column, extra)}" for column in missing[:3])
            if extra
            else ""
        )
        lacks = (
            f"{name!r} lacks {len(missing)} of the {len(wanted)} columns of the training "
            f"table: {listing(missing)}."
        )
        raise DataError(lacks, f"{close} Rename or add them.".strip())
    notes = (
        [f"Columns of {name!r} that were not learned from were left out: {listing(extra)}."]
        if extra
        else []
    )
    return frame.select(wanted), notes
