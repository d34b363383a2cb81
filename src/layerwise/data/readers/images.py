"""A folder of images: ``class/...``, ``unlabeled/...``, and optionally ``train/`` and ``test/``
above them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from ..._errors import FileError
from .class_folders import Item, refuse_loose, splits_of, unwrapped
from .dataset import Dataset, object_array, only_label
from .files import walk
from .pixels import Header, brightest, is_named, pixels, probe

LONG_SIDE, BAD_SHARE = 64, 0.10
FILE = "file"  # what names the rows: their paths, from the folder
_HINT = "Mend or remove them; up to 10 % are skipped with a note."


def has_images(folder: Path) -> bool:
    """Tell whether a folder holds at least one file that is, or is called, an image."""
    return any(probe(path) is not None for path in walk(folder)[0])


def read_images(
    folder: Path,
    *,
    target: str | None = None,
    task: str | None = None,
    like: Dataset | None = None,
    white: int | None = None,
    side: int = LONG_SIDE,
) -> Dataset:
    """Return the images of a folder, in the order of their paths.

    The first folder below is the class; images in ``unlabeled/`` and images without folders have no
    label. All get one size: the most common one, made smaller to at most ``side`` pixels on its
    long side. Grey when all are grey. Their paths from the folder name the rows.
    """
    only_label(folder.name, "classification", target, task)
    files, notes = walk(folder)
    root, wrapped = unwrapped(folder, files, is_named)
    splits, more = splits_of(root, files)
    more = [*wrapped, *more]
    if like is not None:
        return _read(
            folder, splits.get("test") or splits["train"], like, [*notes, *more], white, side
        )
    train = _read(folder, splits["train"], None, [*notes, *more], white, side)
    if not splits.get("test"):
        return train
    test = _read(folder, splits["test"], train, [], white, side)
    return Dataset(
        train.name,
        train.X,
        train.y,
        train.target,
        train.image_shape,
        train.task,
        test,
        train.notes,
        train.ids,
        train.id_column,
        white=train.white,
    )


def _read(
    folder: Path,
    items: list[Item],
    like: Dataset | None,
    notes: list[str],
    white: int | None,
    side: int,
) -> Dataset:
    found: list[tuple[Item, Header]] = []
    bad: list[str] = []
    ignored = 0
    for item in items:
        header = probe(item.path)
        if isinstance(header, Header):
            found.append((item, header))
        elif header is None:
            ignored += 1
        else:
            bad.append(_named(folder, item.path, header))
    refuse_loose(folder, [item for item, _ in found], "images")
    size, grey, more = _common(found, like, side)
    white, told_of_depth = _white(found, like.white if like is not None else white)
    more += told_of_depth
    kept: list[Item] = []
    X = np.empty((len(found), 1 if grey else 3, size[1], size[0]), dtype=np.uint8)  # (n, c, h, w)
    for item, _ in found:
        image = pixels(item.path, size, grey, white)
        if isinstance(image, str):
            bad.append(_named(folder, item.path, image))
        else:
            X[len(kept)] = image
            kept.append(item)
    notes = [*notes, *_skipped(folder, bad, len(kept)), *more]
    if ignored:
        notes.append(
            f"{ignored} "
            f"file{'s that are no images were' if ignored > 1 else ' that is no image was'} "
            "ignored."
        )
    y = object_array([item.label for item in kept])
    labelled = any(label is not None for label in y)
    shape = (X.shape[1], X.shape[2], X.shape[3])
    kind = ("label", "classification") if labelled else (None, None)
    return Dataset(
        folder.name,
        X[: len(kept)].reshape(len(kept), -1),
        y if labelled else None,
        kind[0],
        shape,
        kind[1],
        notes=tuple(notes),
        ids=tuple(printed(str(item.path.relative_to(folder))) for item in kept),
        id_column=FILE,
        white=white,
    )


def _white(found: list[tuple[Item, Header]], known: int | None) -> tuple[int, list[str]]:
    """Return the value of 16-bit images that becomes 255, and notes: cameras of 10, 12 or 14 bits
    write files of 16. ``known`` is that of the images that were learned from."""
    deep = [item.path for item, header in found if header.bits > 8]
    if not deep:
        return known or 255, []
    highest = max((brightest(path) for path in deep), default=0)
    white = 2 ** max(8, int(highest).bit_length()) - 1
    if known is None:
        return white, [
            f"{len(deep):,} images hold 16-bit values up to {highest:,}: {white:,} was taken for "
            "the brightest value, and 256 levels are kept."
        ]
    above = f"; what is above is cut off at {known:,}" if highest > known else ""
    if white == known:
        return known, []
    return known, [
        f"{len(deep):,} images hold 16-bit values up to {highest:,}; {known:,} was the brightest "
        f"value of those that were learned from, and stays it{above}."
    ]


def _common(
    found: list[tuple[Item, Header]], like: Dataset | None, side: int
) -> tuple[tuple[int, int], bool, list[str]]:
    """Return the size (width, height) that all images get, whether they are grey, and notes."""
    sizes = Counter(header.size for _, header in found)
    if like is not None and like.image_shape is not None:
        channels, height, width = like.image_shape
        changed = len(found) - sizes[width, height]
        notes = (
            [f"{changed} test images were resized to {width} x {height}, as those of training."]
            if changed
            else []
        )
        return (width, height), channels == 1, notes
    if not sizes:
        return (1, 1), True, []
    width, height = common = max(sizes, key=lambda size: (sizes[size], size))
    notes = []
    if len(sizes) > 1:
        changed = len(found) - sizes[common]
        notes.append(
            f"The images have {len(sizes)} sizes; {changed} were resized to the most common one, "
            f"{width} x {height}."
        )
    if max(common) > side:
        scale = side / max(common)
        common = max(1, round(width * scale)), max(1, round(height * scale))
        notes.append(
            f"The images were made smaller, from {width} x {height} to {common[0]} x {common[1]} "
            "(width x height)."
        )
    return common, all(header.grey for _, header in found), notes


def printed(name: str) -> str:
    """Return the name of a file as text, also where it is not UTF-8."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _named(folder: Path, path: Path, reason: str) -> str:
    return f"{str(path.relative_to(folder))!r} ({reason})"


def _skipped(folder: Path, bad: list[str], good: int) -> list[str]:
    total = good + len(bad)
    shown = ", ".join(bad[:5]) + (f" and {len(bad) - 5} more" if len(bad) > 5 else "")
    if total == 0:
        raise FileError(
            f"{str(folder)!r} holds no image.",
            "PNG, JPEG, WebP, GIF, BMP, TIFF and PPM can be read.",
        )
    if len(bad) > BAD_SHARE * total:
        raise FileError(
            f"{str(folder)!r}: {len(bad)} of {total} images could not be read: {shown}.", _HINT
        )
    return (
        [f"{len(bad)} of {total} images could not be read and were skipped: {shown}."]
        if bad
        else []
    )
