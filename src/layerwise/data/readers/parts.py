"""A folder of tables: training and test files told by their names, rows without labels beside
them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ..marks import MISSING
from .dataset import Dataset, listing, object_array
from .splits import held_out, split_in, split_of, splits_among, told
from .tables import read_table

if TYPE_CHECKING:
    import polars as pl


def read_parts(
    paths: list[Path],
    name: str,
    root: Path,
    notes: Sequence[str] = (),
    *,
    target: str | None = None,
    task: str | None = None,
    drop: Sequence[str] = (),
    like: Dataset | None = None,
    id_column: str | None = None,
    text: Sequence[str] = (),
) -> Dataset:
    """Return the rows of several tables below a folder.

    Files whose names, or whose folders' names, say train and test are the two parts of the data. A
    test part without the target, and files that are called unlabeled, are rows without labels.
    Without a training part all files are one table.

    Parameters
    ----------
    paths : list of Path
    name : str
    root : Path
        Names of folders below it count.
    notes : sequence of str
        On the folder.
    target, task, drop, like, id_column, text
        As in ``load_dataset``.
    """
    own = splits_among(path.name for path in paths)
    splits = {path: _split(path, root) or own[path.name] for path in paths}
    by_split = {split: [p for p in paths if splits[p] == split] for split in splits.values()}
    held = held_out(by_split)
    read: dict[str, Any] = {"task": task, "drop": drop, "id_column": id_column, "text": text}
    read["root"] = root
    if held is None and not (len(by_split) > 1 and {"train", "unlabeled"} >= set(by_split)):
        whole = read_table(paths, name, target=target, like=like, **read)
        return whole.with_notes([*notes, *_of_names(by_split)])
    if like is not None:
        rows = read_table(by_split["train"], name, target=target, like=like, **read)
        if held is not None:
            test = read_table(by_split[held], name, target=target, like=like, **read)
            rows = replace(rows, test=test)
        return rows.with_notes(notes)
    train = read_table(by_split["train"], name, target=target, **read)
    unread = [p.name for p in paths if splits[p] not in ("train", "unlabeled", held)]
    notes = [*notes, *(told(unread, None) if unread else [])]
    if "unlabeled" in by_split:
        more = read_table(by_split["unlabeled"], name, like=replace(train, y=None), root=root)
        train, said = _with_rows(train, more, "that are called unlabeled")
        notes.append(said)
    if held is None:
        return train.with_notes(notes)
    tested = by_split[held]
    if held == "validation":
        notes += told([p.name for p in tested], held)
    if target is not None and not _has(tested, target):
        more = read_table(tested, name, like=replace(train, y=None), root=root)
        train, said = _with_rows(
            train, more, f"of the test part, which has no labels in {target!r}"
        )
        return train.with_notes([*notes, said])
    test = read_table(tested, name, target=target, like=train, **read)
    return replace(train, test=test).with_notes(notes)


def _split(path: Path, root: Path) -> str | None:
    """Return the split that a file's own name says, else that of the nearest folder."""
    folders = path.relative_to(root).parts[:-1] if path.is_relative_to(root) else ()
    named = split_in(path.name)
    return named or next((s for s in map(split_of, reversed(folders)) if s is not None), None)


def _has(paths: list[Path], target: str) -> bool:
    import polars as pl

    from .delimited import read_delimited
    from .tables import is_parquet

    if is_parquet(paths[0]):
        frame = pl.read_parquet(paths[0], columns=None, glob=False, hive_partitioning=False)
    else:
        frame = read_delimited(paths[:1]).frame
    if target not in frame.columns:
        return False
    labels = frame[target]
    blank = labels.dtype == pl.String and bool(labels.is_in(["", *MISSING]).fill_null(True).all())
    return not blank and labels.null_count() < len(labels)


def _with_rows(train: Dataset, more: Dataset, which: str) -> tuple[Dataset, str]:
    """Return a data set with more rows that have no label, and a note."""
    import polars as pl

    frames = [cast("pl.DataFrame", train.X), cast("pl.DataFrame", more.X)]
    labels = [*(train.y if train.y is not None else ()), *[None] * len(more)]
    y = None if train.y is None else object_array(labels)
    ids = None if train.ids is None else (*train.ids, *[f"unlabeled {i}" for i in range(len(more))])
    X = pl.concat(frames, how="vertical_relaxed")
    note = f"{len(more):,} rows {which} were added as rows without a label."
    return replace(train, X=X, y=y, ids=ids), note


def _of_names(by_split: dict[str | None, list[Path]]) -> list[str]:
    """Return a note where some names say a split and there is no training part to go with it."""
    named = [p.name for split, paths in by_split.items() if split is not None for p in paths]
    if not named or len(by_split) < 2:
        return []
    return [
        f"Files that are called like parts of the data were read as one table: {listing(named)}."
    ]
