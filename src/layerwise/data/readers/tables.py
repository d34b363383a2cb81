"""Tables (CSV, Parquet) as features and a target, and a test table matched to the training one by
names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from ..._errors import DataError, ParameterError, did_you_mean
from .columns import features
from .dataset import Dataset, NoLabels, listing
from .delimited import read_csv
from .inference import typed
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
) -> Dataset:
    """Return a table.

    Parameters
    ----------
    paths : list of Path
        One CSV file, or one or more Parquet files.
    name : str
    target : str, optional
        The column with the labels; an empty cell is a row without label.
    task : {'classification', 'regression'}, optional
        Overrides what follows from the target's values.
    drop : sequence of str, optional
        Columns to leave out, whatever they hold.
    like : Dataset, optional
        The training set, when the rows are for the test: columns are matched by name.

    Notes
    -----
    In a CSV the cells "", ``?``, ``NA``, ``N/A``, ``NaN`` and ``null`` are missing; in Parquet
    null, NaN and "".
    """
    is_parquet = paths[0].suffix.lower() in (".parquet", ".pq")
    if is_parquet:
        return from_frame(read_parquet(paths), name, target=target, task=task, drop=drop, like=like)
    frame, delimiter = read_csv(paths[0])
    comma = delimiter != ","
    return from_frame(
        frame, name, target=target, task=task, drop=drop, like=like, decimal_comma=comma
    )


def from_frame(
    frame: pl.DataFrame,
    name: str,
    *,
    target: str | None = None,
    task: str | None = None,
    drop: Sequence[str] = (),
    like: Dataset | None = None,
    decimal_comma: bool | None = None,
) -> Dataset:
    """Return a frame as a table.

    Parameters
    ----------
    frame : polars.DataFrame
    name, target, task, drop, like
        As in :func:`read_table`.
    decimal_comma : bool, optional
        Of cells that are all words still; None where columns have their types.
    """
    if target is not None and target not in frame.columns:
        raise NoLabels(
            f"{name!r} has no column {target!r} to take as the target.",
            _columns(target, frame.columns),
        )
    frame = frame.drop(check_dropped(drop, [c for c in frame.columns if c != target], target))
    notes = left_out_note(drop)
    if like is not None:
        frame, more = _matched(frame, name, target, like)
        notes += more
    if decimal_comma is not None:
        frame, more = typed(frame, _texts_of(like), decimal_comma=decimal_comma)
        notes += more
    y = None
    if target is not None:
        y, task = read_target(frame[target], task, like)
        frame = frame.drop(target)
    X, more = features(frame, None if like is None else cast("pl.DataFrame", like.X))
    return Dataset(name, X, y, target, None, task if y is not None else None, notes=(*notes, *more))


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


def _texts_of(like: Dataset | None) -> frozenset[str]:
    """Return the columns that are text in the training set, so that '1' and '01' stay what they
    are."""
    import polars as pl

    if like is None:
        return frozenset()
    names = {
        name for name, kind in cast("pl.DataFrame", like.X).schema.items() if kind == pl.String
    }
    labels = () if like.y is None else like.y
    if like.target is not None and any(isinstance(value, str) for value in labels):
        names.add(like.target)
    return frozenset(names)


def _matched(
    frame: pl.DataFrame, name: str, target: str | None, like: Dataset
) -> tuple[pl.DataFrame, list[str]]:
    """Return the columns of the training set, in its order; refuse when some are missing."""
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
