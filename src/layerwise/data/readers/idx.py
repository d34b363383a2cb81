"""IDX files, the form of MNIST and its relatives."""

from __future__ import annotations

import math
import re
import struct
from pathlib import Path

import numpy as np

from ..._errors import FileError
from .dataset import Dataset, only_label
from .files import MOST_BYTES, opened, walk
from .splits import split_in

_NAME = re.compile(r"(?:^|[-_.])(images|labels)(?:[-_.]idx\d[^/]*?)?(?:\.gz)?$")
_PIECE = 1 << 24


def idx_folder(folder: Path) -> Path | None:
    """Return the folder that holds IDX files: this one, or the only one below it that does, as in
    ``MNIST/raw``."""
    if idx_files(folder):
        return folder.resolve()
    below = {path.parent for path in walk(folder)[0] if _NAME.search(path.name)}
    return min(below).resolve() if len(below) == 1 else None


def idx_files(folder: Path) -> dict[tuple[str, str], Path]:
    """Return the IDX files of a folder by split ('train', 'test') and role ('images', 'labels')."""
    found: dict[tuple[str, str], Path] = {}
    for path in sorted(folder.iterdir()):
        match = _NAME.search(path.name)
        if match is None or not path.is_file() or path.name.startswith("."):
            continue
        key = ("test" if split_in(path.name) == "test" else "train", match[1])
        other = found.setdefault(key, path)
        if path.name not in (
            other.name,
            f"{other.name}.gz",
        ):  # the same file packed and unpacked is one file
            both = f"{other.name!r} and {path.name!r}"
            raise FileError(
                f"{str(folder)!r} holds two files of {key[0]} {key[1]}: {both}.",
                "Keep one pair in a folder.",
            )
    return found


def read_idx(
    folder: Path, *, target: str | None = None, task: str | None = None, like: Dataset | None = None
) -> Dataset:
    """Return the images and labels of a folder of IDX files; ``t10k-*`` and ``test-*`` become
    ``test``.

    Parameters
    ----------
    folder : Path
        With ``train-images-idx3-ubyte`` and ``train-labels-idx1-ubyte`` (gzip or not). Labels may
        be absent.
    like : Dataset, optional
        The training set, when the rows are for the test.
    """
    only_label(folder.name, "classification", target, task)
    files = idx_files(folder)
    splits = [split for split in ("train", "test") if (split, "images") in files]
    if not splits:
        raise FileError(
            f"{str(folder)!r} holds IDX labels but no images.",
            "Put 'train-images-idx3-ubyte' beside them.",
        )
    if like is not None:
        return _split(folder.name, files, splits[-1])
    train = _split(folder.name, files, splits[0])
    if len(splits) == 1:
        return train
    test = _split(folder.name, files, "test")
    if test.image_shape != train.image_shape:
        raise FileError(
            f"{folder.name!r}: the training images are {train.image_shape}, the test images "
            f"{test.image_shape} (c, h, w)."
        )
    return Dataset(train.name, train.X, train.y, train.target, train.image_shape, train.task, test)


def _split(name: str, files: dict[tuple[str, str], Path], split: str) -> Dataset:
    images = read_idx_file(files[split, "images"], 3)
    n, height, width = images.shape
    X, shape = images.reshape(n, height * width), (1, height, width)
    path = files.get((split, "labels"))
    if path is None:
        return Dataset(name, X, None, None, shape, None)
    labels = read_idx_file(path, 1)
    if len(labels) != n:
        counts = (
            f"{len(labels)} labels in {path.name!r}, {n} images in {files[split, 'images'].name!r}"
        )
        raise FileError(
            f"{str(path.parent)!r}: {counts}; there must be one label per image.",
            "Check that the two files belong together.",
        )
    return Dataset(name, X, labels.astype(np.int64), "label", shape, "classification")


def read_idx_file(path: Path, ndim: int) -> np.ndarray:
    """Return the unsigned bytes of one IDX file; nothing is allocated beyond what the file really
    holds."""
    with opened(path) as stream:
        magic = stream.read(4)
        expected = bytes((0, 0, 8, ndim))
        if magic != expected:
            got = magic.hex(" ") or "nothing"
            what = f"an IDX file of unsigned bytes with {ndim} dimension{'s' * (ndim > 1)}"
            raise FileError(
                f"{str(path)!r} is not {what}: it begins with {got}, not {expected.hex(' ')}.",
                "Download it again.",
            )
        header = stream.read(4 * ndim)
        if len(header) < 4 * ndim:
            raise FileError(
                f"{str(path)!r} is truncated inside its header.", "Copy or download it again."
            )
        shape = struct.unpack(f">{ndim}I", header)
        size = math.prod(shape)
        if not 0 < size <= MOST_BYTES:
            raise FileError(
                f"{str(path)!r} says that it holds {size} values; 1 to {MOST_BYTES} can be read."
            )
        content = bytearray()
        while len(content) <= size and (piece := stream.read(min(_PIECE, size + 1 - len(content)))):
            content += piece
    if len(content) < size:
        raise FileError(
            f"{str(path)!r} is truncated: its header {shape} needs {size} bytes, it holds "
            f"{len(content)}.",
            "Copy or download it again.",
        )
    if len(content) > size:
        raise FileError(
            f"{str(path)!r} is damaged: its header {shape} needs {size} bytes, it holds more.",
            "Download it again.",
        )
    return np.frombuffer(content, dtype=np.uint8).reshape(shape)
