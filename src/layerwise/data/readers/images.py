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
from .pixels import Header, brightest, is_named, pixels, probe
from .splits import held_out, split_of, splits_among, told

LONG_SIDE, BAD_SHARE = 64, 0.10
_ABOVE_CLASSES: dict[str, str | None] = {s: s for s in ("train", "test", "validation", "unlabeled")}
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
    folder: Path,
    *,
    target: str | None = None,
    task: str | None = None,
    like: Dataset | None = None,
    white: int | None = None,
) -> Dataset:
    """Return the images of a folder, in the order of their paths.

    The first folder below is the class; images in ``unlabeled/`` and images without folders have no
    label. All get one size: the most common one, made smaller to at most 64 pixels on its long
    side. Grey when all are grey.
    """
    only_label(folder.name, "classification", target, task)
    files, notes = walk(folder)
    root, wrapped = unwrapped(folder, files)
    splits, more = _splits(root, files)
    more = [*wrapped, *more]
    if like is not None:
        return _read(folder, splits.get("test") or splits["train"], like, [*notes, *more], white)
    train = _read(folder, splits["train"], None, [*notes, *more], white)
    if not splits.get("test"):
        return train
    test = _read(folder, splits["test"], train, [], white)
    return Dataset(
        train.name,
        train.X,
        train.y,
        train.target,
        train.image_shape,
        train.task,
        test,
        train.notes,
        white=train.white,
    )


def unwrapped(folder: Path, files: list[Path]) -> tuple[Path, list[str]]:
    """Return the folder in which the data lie, and a note when it is not the one that was given:
    archives often hold one folder that holds everything."""
    images = [path.relative_to(folder).parts for path in files if is_named(path)]
    root = folder
    while images and all(len(part) > 2 for part in images):
        first = {part[0] for part in images}
        if len(first) > 1 or split_of(min(first)) is not None:
            break
        root = root / min(first)
        images = [part[1:] for part in images]
    if root == folder:
        return folder, []
    return root, [f"The data lie in the folder {str(root.relative_to(folder))!r}."]


def _splits(folder: Path, files: list[Path]) -> tuple[dict[str, list[_Item]], list[str]]:
    """Return the files of the training and the test part with their classes, and notes."""
    files = [path for path in files if path.is_relative_to(folder)]
    parts = [path.relative_to(folder).parts for path in files]
    above = splits_among(dict.fromkeys(part[0] for part in parts if len(part) > 1))
    parted = "train" in above.values() and (
        any(len(part) > 2 and above[part[0]] == "train" for part in parts) or all(above.values())
    )
    if not parted and (turned := _turned(parts)):
        return _splits_of(files, turned, dict.fromkeys(above) | _ABOVE_CLASSES)
    if not parted:
        items = [_item(path, part) for path, part in zip(files, parts, strict=True)]
        return {"train": items}, _suspicious(above, parts)
    return _splits_of(files, [_inner(part, above) for part in parts], above)


def _splits_of(
    files: list[Path], parts: list[tuple[str, ...]], above: dict[str, str | None]
) -> tuple[dict[str, list[_Item]], list[str]]:
    """Return the files by split; the first of a path's parts says which."""
    held = held_out(above.get(part[0]) for part in parts if len(part) > 1)
    result: dict[str, list[_Item]] = {"train": [], "test": []}
    unread: set[str] = set()
    for path, part in zip(files, parts, strict=True):
        split = above.get(part[0]) if len(part) > 1 else None
        if split == "unlabeled":
            result["train"].append(_Item(path, None, False))
        elif split == "train":
            result["train"].append(_item(path, part[1:]))
        elif split == held and held is not None:
            result["test"].append(_item(path, part[1:]))
        else:
            unread.add(part[0])
    taken = [name for name, split in above.items() if split == held]
    notes = told(taken, held) if held == "validation" else []
    return result, [*notes, *(told(sorted(unread), None) if unread else [])]


def _inner(part: tuple[str, ...], above: dict[str, str | None]) -> tuple[str, ...]:
    """Return a path without a folder of a split inside the folder of that split:
    ``train/train/cat``."""
    again = len(part) > 3 and (part[1] == part[0] or split_of(part[1]) == above.get(part[0]))
    return (part[0], *part[2:]) if again and above.get(part[0]) is not None else part


def _turned(parts: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return paths with the split before the class, where every class folder holds the splits:
    ``cat/train/1.png``; nothing where that is not so."""
    if not parts or not all(len(part) > 2 and split_of(part[1]) for part in parts):
        return []
    if "train" not in {split_of(part[1]) for part in parts}:
        return []
    return [(str(split_of(part[1])), part[0], *part[2:]) for part in parts]


def _suspicious(above: dict[str, str | None], parts: list[tuple[str, ...]]) -> list[str]:
    """Return a note on folders that are called like parts of the data, or hold folders of the same
    names, but are taken for classes."""
    below: dict[str, set[str]] = {}
    for part in parts:
        if len(part) > 2:
            below.setdefault(part[0], set()).add(part[1])
    inner = set.union(*below.values()) if below else set()
    if len(below) > 1 and len(inner) > 1 and all(names == inner for names in below.values()):
        return [
            f"The folders {listing(sorted(below))} hold folders of the same names "
            f"({listing(sorted(inner))}); the first folder is the class here. Give one of them if "
            "the second is."
        ]
    named = [name for name, split in above.items() if split not in (None, "unlabeled")]
    if not named:
        return []
    return [
        f"Folders that are called like parts of the data are classes here: {listing(named)}. "
        "Put the class folders below a training and a test folder if they are not."
    ]


def _item(path: Path, part: tuple[str, ...]) -> _Item:
    if len(part) == 1:
        return _Item(path, None, True)
    try:
        part[0].encode()
    except UnicodeEncodeError as error:
        raise FileError(
            f"The class folder {part[0]!r} has a name that is not UTF-8.", "Rename it."
        ) from error
    return _Item(path, None if split_of(part[0]) == "unlabeled" else part[0], False)


def _read(
    folder: Path, items: list[_Item], like: Dataset | None, notes: list[str], white: int | None
) -> Dataset:
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
    white, told_of_depth = _white(found, like.white if like is not None else white)
    more += told_of_depth
    kept: list[_Item] = []
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
        white=white,
    )


def _white(found: list[tuple[_Item, Header]], known: int | None) -> tuple[int, list[str]]:
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
