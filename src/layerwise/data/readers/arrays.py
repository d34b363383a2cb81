"""NumPy files: ``.npy`` and ``.npz``; pickled objects in them are never loaded."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib.format import open_memmap

from ..._errors import DataError, FileError, did_you_mean
from ..channels import check_channels
from .archive import check_header, damaged, read_archive
from .columns import LARGEST
from .dataset import Dataset, listing, object_array
from .files import unreadable
from .splits import held_out, split_of, told
from .targets import compact, read_target

_X = ("x", "data", "images", "features")
_Y = ("y", "target", "targets", "label", "labels")
_MAPPED = 1 << 28


def read_npy(
    path: Path, *, target: str | None = None, task: str | None = None, like: Dataset | None = None
) -> Dataset:
    """Return the rows of a ``.npy`` file; there are no labels. Of a file over 256 MiB a temporary
    copy is memory-mapped: nobody can truncate it, which would end the process by a signal."""
    if target is not None:
        raise DataError(
            f"{path.name!r} holds one array and no target {target!r}.",
            "Save X and y in one .npz (numpy.savez), or leave the target out.",
        )
    try:
        with open(path, "rb") as file:
            check_header(file.read(12))
        mapped = open_memmap(
            path, mode="c"
        )  # checks the length before any allocation; refuses objects
    except OSError as error:
        raise unreadable(path, error) from error
    except Exception as error:
        raise damaged(path, error) from error
    X, shape = rows_of(_copied(path, mapped), path.name)
    return Dataset(path.stem, X, None, None, shape, None)


def _copied(path: Path, mapped: np.memmap) -> np.ndarray:
    """Return what a map holds, in memory or in a temporary file of our own; the map itself is never
    touched."""
    if mapped.dtype.kind not in "fiub" or mapped.size == 0:
        return mapped  # its type or shape is refused, unread
    order: Any = "C" if mapped.flags.c_contiguous else "F"
    try:
        with open(path, "rb") as file:
            file.seek(mapped.offset)
            if mapped.nbytes <= _MAPPED:
                copy = np.empty(mapped.nbytes, np.uint8)
                done = file.readinto(copy.data)
                found = copy.view(mapped.dtype).reshape(mapped.shape, order=order)
            else:
                found, done = _on_disk(file, mapped, order)
    except OSError as error:
        raise unreadable(path, error) from error
    if done != mapped.nbytes:
        raise FileError(
            f"{str(path)!r} was truncated while it was read: {done:,} of {mapped.nbytes:,} bytes.",
            "Read it again when it is complete.",
        )
    return found


def _on_disk(file: BinaryIO, mapped: np.memmap, order: Any) -> tuple[np.ndarray, int]:
    """Return the rest of a file as a map of a temporary copy, and its bytes."""
    with tempfile.TemporaryFile(prefix="layerwise-rows-") as copy:
        os.posix_fallocate(copy.fileno(), 0, mapped.nbytes)
        shutil.copyfileobj(file, copy, 1 << 22)
        done = min(copy.tell(), mapped.nbytes)
        copy.flush()
        return np.memmap(copy, mapped.dtype, "r+", shape=mapped.shape, order=order), done


def read_npz(
    path: Path, *, target: str | None = None, task: str | None = None, like: Dataset | None = None
) -> Dataset:
    """Return the rows, and labels if there are any, of a ``.npz`` file.

    Its keys are ``X`` (or x, data, images, features) of shape (n, d), (n, h, w) for grey images or
    (n, c, h, w); optionally ``y`` (or target, label, or the one named by ``target``), where NaN is
    a row without label. With ``_train``, ``_test`` or ``_val`` behind them, or ``train_`` and so on
    before them as MedMNIST writes them, they are the parts of the data. No other value of ``y`` is
    special: -1 is a class.
    """
    arrays = read_archive(path)
    keys = _keys(arrays)
    held = held_out(split for split, _ in keys)
    first = "train" if ("train", "X") in keys else next((s for s, r in keys if r == "X"), None)
    if first is None:
        raise DataError(
            f"{path.name!r} has no array 'X': it holds {listing(sorted(arrays))}.",
            "Save it with numpy.savez(path, X=X, y=y).",
        )
    x_key, y_key = keys[first, "X"], _y_key(path, arrays, keys.get((first, "y")), target, keys)
    named, med = target or "label", x_key.endswith("_images")
    train = _part(path, arrays, x_key, y_key, named, task, like, med)
    used = {x_key, y_key}
    test = None
    if held is not None and held != first and (held, "X") in keys and like is None:
        x_test, y_test = keys[held, "X"], keys.get((held, "y")) if y_key else None
        test = _part(path, arrays, x_test, y_test, named, task, train, med)
        used |= {x_test, keys.get((held, "y"))}
    more = keys.get(("unlabeled", "X"))
    notes = []
    if more is not None and first != "unlabeled":
        rest = _part(path, arrays, more, None, named, task, train, med)
        train, said = _with_rows(train, rest, more)
        notes, used = [said], used | {more}
    unread = sorted(set(arrays) - used)
    notes += [f"Arrays that were not read: {listing(unread)}."] if unread else []
    if held == "validation" and test is not None:
        notes += told([keys[held, "X"]], held)
    return replace(train, test=test, notes=(*train.notes, *notes))


def _with_rows(train: Dataset, more: Dataset, key: str) -> tuple[Dataset, str]:
    """Return rows with more that have no label, and a note."""
    X = np.concatenate([train.X, np.asarray(more.X)])
    y = None if train.y is None else object_array([*train.y.tolist(), *[None] * len(more)])
    note = f"{len(more):,} rows of {key!r} were added as rows without a label."
    return replace(train, X=X, y=y), note


def _keys(arrays: dict[str, np.ndarray]) -> dict[tuple[str, str], str]:
    """Return the names of arrays by split and role: ('train', 'X') for ``X`` and ``x_train``."""
    found: dict[tuple[str, str], str] = {}
    for name in arrays:
        for part, split in _affixed(name):
            role = "X" if part.lower() in _X else "y" if part.lower() in _Y else None
            if role is not None:
                found.setdefault((split, role), name)
    return found


def _affixed(name: str) -> list[tuple[str, str]]:
    """Return the readings of a key: what is left of it beside a split, and the split."""
    readings = [(name, "train")]
    for rest, _, affix in (name.rpartition("_"), name.partition("_")[::-1]):
        split = split_of(affix)
        if rest and split is not None:
            readings.append((rest, split))
    return readings


def _y_key(
    path: Path,
    arrays: dict[str, np.ndarray],
    usual: str | None,
    target: str | None,
    keys: dict[tuple[str, str], str],
) -> str | None:
    y_key = target if target in arrays else usual
    if target not in (None, "label", y_key) or (target == "label" and y_key is None):
        raise DataError(
            f"{path.name!r} has no array {target!r}.",
            did_you_mean(target, [key for key in arrays if key not in keys.values()] or arrays),
        )
    return y_key


def rows_of(array: np.ndarray, name: str) -> tuple[np.ndarray, tuple[int, int, int] | None]:
    """Return an array as (n, d) float32, float64 or uint8, and the shape of an image if rows are
    images."""
    if array.dtype.kind not in "fiub":
        raise DataError(
            f"{name!r} is an array of {array.dtype}; rows must be numbers.",
            "Save it as float32 or uint8.",
        )
    if array.ndim not in (2, 3, 4) or 0 in array.shape:
        hint = (
            "Expected (n, d), grey images (n, h, w) or images (n, c, h, w), with at least one row."
        )
        raise DataError(f"{name!r} has the shape {array.shape}.", hint)
    check_channels(array.shape, repr(name))
    shape = (
        array.shape[1:] if array.ndim == 4 else (1, *array.shape[1:]) if array.ndim == 3 else None
    )
    flat = array.reshape(len(array), -1)
    if flat.dtype != np.uint8:
        small = flat.dtype.itemsize <= (4 if flat.dtype.kind == "f" else 2)
        with np.errstate(over="ignore"):  # from long double; what becomes infinite is refused below
            flat = flat.astype(np.float32 if small else np.float64, copy=False)
    _in_range(flat, name)
    return flat, shape


def _in_range(flat: np.ndarray, name: str) -> None:
    if flat.dtype.kind != "f":
        return
    step = max(1, 1_000_000 // flat.shape[1])
    for start in range(0, len(flat), step):
        outside = (
            np.abs(flat[start : start + step]) > LARGEST
        )  # NaN compares as False: it is missing
        if outside.any():
            row, column = np.argwhere(outside)[0]
            value = flat[start + row, column]
            message = (
                f"{name!r} holds {value} in row {start + row}, column {column}; "
                "numbers must stay within ±3.4e38."
            )
            raise DataError(message, "Use NaN for a missing value.")


def _part(
    path: Path,
    arrays: dict[str, np.ndarray],
    x_key: str,
    y_key: str | None,
    target: str,
    task: str | None,
    like: Dataset | None,
    channels_last: bool,
) -> Dataset:
    array = arrays[x_key]
    notes: tuple[str, ...] = ()
    if channels_last and array.ndim == 4 and array.shape[3] in (1, 3):
        array = array.transpose(0, 3, 1, 2)
        notes = (f"The channels of {x_key!r} were taken from the last place to the first.",)
    X, shape = rows_of(array, f"{path.name}: {x_key}")
    if like is not None and X.shape[1] != like.X.shape[1]:
        raise DataError(
            f"{path.name!r}: {x_key!r} has {X.shape[1]} features, the training rows have "
            f"{like.X.shape[1]}."
        )
    if y_key is None:
        return Dataset(path.stem, X, None, None, shape, None, notes=notes)
    y, task, said = _labels(arrays[y_key], f"{path.name}: {y_key}", len(X), task, like)
    return Dataset(path.stem, X, y, target, shape, task, notes=(*notes, *said))


def _labels(
    array: np.ndarray, name: str, n: int, task: str | None, like: Dataset | None
) -> tuple[np.ndarray, str, list[str]]:
    import polars as pl

    y = array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array
    if y.shape != (n,):
        raise DataError(
            f"{name!r} has the shape {array.shape}; expected ({n},), one label a row.",
            "For one-hot labels save y.argmax(axis=1)."
            if array.ndim > 1
            else "Give one label a row.",
        )
    if y.dtype.kind not in "fiubU":
        raise DataError(
            f"{name!r} is an array of {y.dtype}; labels must be numbers, texts or truth values."
        )
    values: Any = object_array(y.tolist())
    kind = {"f": pl.Float64, "i": pl.Int64, "u": pl.UInt64, "b": pl.Boolean, "U": pl.String}[
        y.dtype.kind
    ]
    labels, task, notes = read_target(pl.Series(name, values.tolist(), dtype=kind), task, like)
    return compact(labels, task), task, notes
