"""One door to every form of data."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from ..._errors import DataError, FileError, ParameterError, did_you_mean
from .arrays import read_npy, read_npz
from .dataset import TASKS, Dataset, listing
from .embedded import EMBEDDED, read_embedded
from .files import not_found, unreadable, walk
from .idx import idx_files, read_idx
from .images import has_images, read_images
from .own import own_reader
from .tables import from_frame, read_table

FORMS = (
    "Accepted are .csv, .csv.gz, .tsv and .parquet files, a folder or glob of Parquet files, .npy, "
    ".npz, a folder of IDX files, "
    f"a folder of images (class/..., unlabeled/...), and the names {listing(list(EMBEDDED))}."
)
_CSV = (".csv", ".csv.gz", ".tsv", ".tsv.gz")
_PARQUET = (".parquet", ".pq")
ENDINGS = (*_CSV, *_PARQUET, ".npy", ".npz")


def load_dataset(
    data: str | os.PathLike[str],
    *,
    target: str | None = None,
    test: str | os.PathLike[str] | None = None,
    task: str | None = None,
    drop: Sequence[str] = (),
    like: Dataset | None = None,
) -> Dataset:
    """Return the rows of a file, a folder or an embedded set.

    Parameters
    ----------
    data : str
        An embedded set ('digits', 'breast-cancer', 'diabetes'); a CSV or Parquet file; a folder or
        glob of Parquet files; a ``.npy`` or ``.npz``; a folder of IDX files; a folder of images.
        Write ``./digits`` for a folder that is called like an embedded set.
    target : str, optional
        The column of a table with the labels. Images and embedded sets know their own.
    test : str, optional
        Rows for the test, in the same form; columns are matched by name.
    task : {'classification', 'regression'}, optional
        Overrides what follows from the target's values.
    drop : sequence of str, optional
        Columns of a table that are left out before anything is read from them.
    like : Dataset, optional
        A table whose columns and types these rows must have.

    Notes
    -----
    Missing are, in a CSV, the cells "", ``?``, ``NA``, ``N/A``, ``NaN`` and ``null``; in Parquet
    null, NaN and ""; in arrays NaN. A row whose target is missing is unlabelled; no other value of
    a target is special.

    Raises
    ------
    FileError
        A file cannot be read.
    DataError
        What is in it cannot be used.

    Examples
    --------
    >>> load_dataset("digits")  # doctest: +ELLIPSIS
    Dataset(name='digits', target='label', image_shape=(1, 8, 8), task='classification', ...)
    """
    if task is not None and task not in TASKS:
        raise ParameterError(
            f"The task must be one of {TASKS}. Got {task!r}.", did_you_mean(task, TASKS)
        )
    train = _read(os.fspath(data), target, task, like, drop)
    if test is not None:
        held = replace(_read(os.fspath(test), target, task, train), test=None)
        own = (
            (f"The test rows of {train.name!r} itself were left out: {held.name!r} was given.",)
            if train.test
            else ()
        )
        train = replace(train, test=_alike(held, train), notes=(*train.notes, *own))
    return replace(train, test=_with_unseen(train.test, train)) if train.test else train


def _read(
    data: str,
    target: str | None,
    task: str | None,
    like: Dataset | None,
    drop: Sequence[str] = (),
) -> Dataset:
    if data in EMBEDDED:
        if like is not None:
            raise DataError(
                f"The embedded set {data!r} cannot be a test set, nor rows for a model of a table.",
                "Give a file or a folder of the same form as the data.",
            )
        return read_embedded(data, target=target, task=task)
    try:
        read, is_table = _reader(data)
    except OSError as error:
        raise unreadable(Path(data), error) from error
    if like is not None and is_table != (not hasattr(like.X, "dtype")):
        raise DataError(
            f"The test {data!r} is not of the same form as the data {like.name!r}.",
            "Both must be tables, or both arrays or images.",
        )
    also = {"drop": drop} if drop and is_table else {}
    return read(target=target, task=task, like=like, **also)


def _reader(data: str) -> tuple[Callable[..., Dataset], bool]:
    """Return the function that reads some data, and whether it is a table."""
    if not data:
        raise FileError("The name of the data is empty.", FORMS)
    path = Path(os.path.expanduser(data))
    if path.is_dir():
        return _folder_reader(path)
    if path.is_file():
        return _file_reader(path)
    if path.exists():
        raise FileError(f"{data!r} is neither a file nor a folder.", FORMS)
    if not glob.has_magic(data):
        raise not_found(data, EMBEDDED)
    paths = [
        Path(name) for name in sorted(glob.glob(str(path), recursive=True)) if os.path.isfile(name)
    ]
    if not paths:
        raise FileError(
            f"No file matches {data!r}.",
            "Check the pattern, and quote it so that the shell leaves it alone.",
        )
    wrong = [str(item) for item in paths if item.suffix.lower() not in _PARQUET]
    if wrong:
        raise FileError(
            f"{data!r} matches files that are not Parquet: {listing(wrong)}.",
            "A pattern may name Parquet files only.",
        )
    return partial(read_table, paths, path.parent.name or "data"), True


def _file_reader(path: Path) -> tuple[Callable[..., Dataset], bool]:
    name = path.name.lower()
    ending = next((ending for ending in (*_CSV, *_PARQUET) if name.endswith(ending)), None)
    if ending is not None:
        return partial(read_table, [path], path.name[: -len(ending)]), True
    if name.endswith(".npy"):
        return partial(read_npy, path), False
    if name.endswith(".npz"):
        return partial(read_npz, path), False
    own = own_reader(path)
    if own is not None:
        reads, stem = own
        return lambda **rows: from_frame(reads(), stem, **rows), True
    raise FileError(f"{str(path)!r} is of no form that can be read.", FORMS)


def _folder_reader(folder: Path) -> tuple[Callable[..., Dataset], bool]:
    name = folder.resolve().name
    files, _ = walk(folder)
    tables = [path for path in files if path.suffix.lower() in _PARQUET]
    if tables:
        return partial(read_table, tables, name), True
    if idx_files(folder):
        return partial(read_idx, folder.resolve()), False
    if has_images(folder):
        return partial(read_images, folder.resolve()), False
    raise FileError(
        f"The folder {str(folder)!r} holds nothing that can be read ({len(files)} files).", FORMS
    )


def _alike(test: Dataset, train: Dataset) -> Dataset:
    if hasattr(train.X, "dtype") and test.X.shape[1] != train.X.shape[1]:
        raise DataError(
            f"The test {test.name!r} has {test.X.shape[1]} features, the data {train.name!r} "
            f"{train.X.shape[1]}."
        )
    return test


def _with_unseen(test: Dataset, train: Dataset) -> Dataset:
    """Return the test set with a note when it has classes that no training row has."""
    if train.task != "classification" or train.y is None or test.y is None:
        return test
    known = {value for value in train.y if value is not None}
    unseen = [value for value in test.y if value is not None and value not in known]
    if not unseen:
        return test
    classes = listing(sorted({str(value) for value in unseen}))
    return replace(
        test,
        notes=(
            *test.notes,
            f"{len(unseen)} test rows are of classes that no training row has: {classes}. They "
            "count as errors.",
        ),
    )
