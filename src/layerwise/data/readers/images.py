"""A folder of images: ``class/...``, ``unlabeled/...``, and optionally ``train/`` and ``test/``
above them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..._errors import DataError, FileError
from .dataset import Dataset, listing, object_array, only_label
from .files import walk
from .pixels import Header, pixels, probe

LONG_SIDE, BAD_SHARE = 64, 0.10
UNLABELED = ("unlabeled", "unlabelled")
_HINT = "Mend or remove them; up to 10 % are skipped with a note."


@dataclass(frozen=True)
class _Item:
    path: Path
    label: str | None
    loose: bool  # beside the class folders, not in one


def has_images(folder: Path) -> bool:
    """Tell whether a folder holds at least one file that is, or is called, an image."""
    return any(probe(path) is not None for path in walk(folder)[0])


def read_images(
    folder: Path, *, target: str | None = None, task: str | None = None, like: Dataset | None = None
) -> Dataset:
    """Return the images of a folder, in the order of their paths.

    The first folder below is the class; images in ``unlabeled/`` and images without folders have no
    label. All get one size: the most common one, made smaller to at most 64 pixels on its long
    side. Grey when all are grey.
    """
    only_label(folder.name, "classification", target, task)
    files, notes = walk(folder)
    splits, more = _splits(folder, files)
    if like is not None:
        return _read(folder, splits.get("test") or splits["train"], like, [*notes, *more])
    train = _read(folder, splits["train"], None, [*notes, *more])
    if not splits.get("test"):
        return train
    test = _read(folder, splits["test"], train, [])
    return Dataset(
        train.name, train.X, train.y, train.target, train.image_shape, train.task, test, train.notes
    )


def _splits(folder: Path, files: list[Path]) -> tuple[dict[str, list[_Item]], list[str]]:
    """Return the files of the training and the test part with their classes, and notes."""
    parts = [path.relative_to(folder).parts for path in files]
    known = ("train", "test", *UNLABELED)
    above = [part for part in parts if part[0] == "train" and len(part) > 1]
    split = any(len(part) > 2 for part in above) or (
        bool(above) and all(part[0] in known for part in parts if len(part) > 1)
    )
    if not split:
        return {"train": [_item(path, part) for path, part in zip(files, parts, strict=True)]}, []
    result: dict[str, list[_Item]] = {"train": [], "test": []}
    unread: set[str] = set()
    for path, part in zip(files, parts, strict=True):
        if part[0] in UNLABELED and len(part) > 1:
            result["train"].append(_Item(path, None, False))
        elif part[0] in result and len(part) > 1:
            result[part[0]].append(_item(path, part[1:]))
        else:
            unread.add(part[0])
    return result, [
        f"Beside train/ and test/ these were not read: {listing(sorted(unread))}."
    ] if unread else []


def _item(path: Path, part: tuple[str, ...]) -> _Item:
    if len(part) == 1:
        return _Item(path, None, True)
    try:
        part[0].encode()
    except UnicodeEncodeError as error:
        raise FileError(
            f"The class folder {part[0]!r} has a name that is not UTF-8.", "Rename it."
        ) from error
    return _Item(path, None if part[0] in UNLABELED else part[0], False)


def _read(folder: Path, items: list[_Item], like: Dataset | None, notes: list[str]) -> Dataset:
    found: list[tuple[_Item, Header]] = []
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
    _refuse_loose(folder, [item for item, _ in found])
    size, grey, more = _common(found, like)
    kept: list[_Item] = []
    X = np.empty((len(found), 1 if grey else 3, size[1], size[0]), dtype=np.uint8)  # (n, c, h, w)
    for item, _ in found:
        image = pixels(item.path, size, grey)
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
    )


def _common(
    found: list[tuple[_Item, Header]], like: Dataset | None
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
    if max(common) > LONG_SIDE:
        scale = LONG_SIDE / max(common)
        common = max(1, round(width * scale)), max(1, round(height * scale))
        notes.append(
            f"The images were made smaller, from {width} x {height} to {common[0]} x {common[1]} "
            "(width x height)."
        )
    return common, all(header.grey for _, header in found), notes


def _refuse_loose(folder: Path, items: list[_Item]) -> None:
    loose = [item.path.name for item in items if item.loose]
    if loose and len(loose) < len(items):
        message = (
            f"{folder.name!r}: {len(loose)} images lie beside the class folders, and so are "
            f"of no class: {listing(loose)}."
        )
        raise DataError(message, "Move them into a class folder or into 'unlabeled'.")


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
