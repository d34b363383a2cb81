"""One door to every form of data."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..._errors import DataError
from ..task import check_task
from .dataset import Dataset, listing
from .embedded import EMBEDDED, read_embedded
from .files import unreadable
from .forms import reader_of, reads_images
from .images import LONG_SIDE
from .standard_input import STANDARD_INPUT, from_standard_input


def load_dataset(
    data: str | os.PathLike[str],
    *,
    target: str | None = None,
    test: str | os.PathLike[str] | None = None,
    task: str | None = None,
    drop: Sequence[str] = (),
    like: Dataset | None = None,
    id_column: str | None = None,
    text: Sequence[str] = (),
    white: int | None = None,
    side: int = LONG_SIDE,
) -> Dataset:
    """Return the rows of a file, a folder or an embedded set.

    Parameters
    ----------
    data : str
        An embedded set ('digits', 'breast-cancer', 'diabetes'); a file or a folder of a form that
        ``docs/formats.md`` lists; a glob of CSV or of Parquet files; '-' for standard input. Write
        ``./digits`` for a folder that is called like an embedded set.
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
    id_column : str, optional
        The column of a table that names its rows: it is not learned from, and goes into ``ids``.
    text : sequence of str, optional
        Columns of a table that hold free text, beside those that are found by themselves: texts of
        more than 30 bytes in the mean of which more than half are different.
    white : int, optional
        Of images of 16 bits: the value that becomes 255; by default the folder's own range decides.
    side : int, default 64
        Images of a folder whose long side has more pixels are made smaller to it.

    Notes
    -----
    Which cells are missing is said in ``data.marks``: the usual marks in text files, null, NaN and
    "" in typed tables, NaN in arrays. A row whose target is missing is unlabelled; no other value
    of a target is special.

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
    check_task(task)
    train = _read(os.fspath(data), target, task, like, drop, id_column, white, text, side)
    if test is not None:
        found = _read(os.fspath(test), target, task, train, drop, id_column)
        held = replace(found.test or found, test=None)
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
    drop: Sequence[str],
    id_column: str | None,
    white: int | None = None,
    text: Sequence[str] = (),
    side: int = LONG_SIDE,
) -> Dataset:
    if text and (data in EMBEDDED):
        raise _no_text(data)
    if data in EMBEDDED:
        if like is not None:
            raise DataError(
                f"The embedded set {data!r} cannot be a test set, nor rows for a model of a table.",
                "Give a file or a folder of the same form as the data.",
            )
        _refuse_id(data, id_column)
        return read_embedded(data, target=target, task=task)
    if data == STANDARD_INPUT:
        with from_standard_input() as path:
            found = _read(str(path), target, task, like, drop, id_column, text=text)
            return replace(found, name="stdin")
    try:
        read, is_table = reader_of(data)
    except OSError as error:
        raise unreadable(Path(data), error) from error
    if like is not None and is_table != (not hasattr(like.X, "dtype")):
        raise DataError(
            f"{data!r} is not of the same form as {like.name!r}.",
            "Both must be tables, or both arrays or images.",
        )
    if is_table:
        named = {"target": target, "task": task, "like": like, "id_column": id_column}
        return read(drop=drop, text=text, **named)
    if text:
        raise _no_text(data)
    _refuse_id(data, id_column)
    own = {"white": white, "side": side} if reads_images(read) else {}
    return read(target=target, task=task, like=like, **own)


def _no_text(data: str) -> DataError:
    return DataError(f"{data!r} is no table, so it has no column of text.", "Leave --text out.")


def _refuse_id(data: str, id_column: str | None) -> None:
    if id_column is not None:
        raise DataError(
            f"{data!r} is no table, so it has no column {id_column!r} that names its rows.",
            "Leave the id column out: outputs count the rows from 0.",
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
