"""Files whose folder is their class: ``class/...``, ``unlabeled/...``, and optionally ``train/``
and ``test/`` above them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..._errors import DataError, FileError
from .dataset import listing
from .splits import held_out, split_of, splits_among, told

_ABOVE_CLASSES: dict[str, str | None] = {s: s for s in ("train", "test", "validation", "unlabeled")}


@dataclass(frozen=True)
class Item:
    """A file and its class."""

    path: Path
    label: str | None
    loose: bool  # beside the class folders, not in one


def unwrapped(
    folder: Path, files: list[Path], named: Callable[[Path], bool]
) -> tuple[Path, list[str]]:
    """Return the folder in which the data lie, and a note when it is not the one that was given:
    archives often hold one folder that holds everything. ``named`` says which files are data by
    their names."""
    lying = [path.relative_to(folder).parts for path in files if named(path)]
    root = folder
    while lying and all(len(part) > 2 for part in lying):
        first = {part[0] for part in lying}
        if len(first) > 1 or split_of(min(first)) is not None:
            break
        root = root / min(first)
        lying = [part[1:] for part in lying]
    if root == folder:
        return folder, []
    return root, [f"The data lie in the folder {str(root.relative_to(folder))!r}."]


def splits_of(folder: Path, files: list[Path]) -> tuple[dict[str, list[Item]], list[str]]:
    """Return the files of the training and the test part with their classes, and notes."""
    files = [path for path in files if path.is_relative_to(folder)]
    parts = [path.relative_to(folder).parts for path in files]
    above = splits_among(dict.fromkeys(part[0] for part in parts if len(part) > 1))
    parted = "train" in above.values() and (
        any(len(part) > 2 and above[part[0]] == "train" for part in parts) or all(above.values())
    )
    if not parted and (turned := _turned(parts)):
        return _by_split(files, turned, dict.fromkeys(above) | _ABOVE_CLASSES)
    if not parted:
        items = [_item(path, part) for path, part in zip(files, parts, strict=True)]
        return {"train": items}, _suspicious(above, parts)
    return _by_split(files, [_inner(part, above) for part in parts], above)


def _by_split(
    files: list[Path], parts: list[tuple[str, ...]], above: dict[str, str | None]
) -> tuple[dict[str, list[Item]], list[str]]:
    """Return the files by split; the first of a path's parts says which."""
    held = held_out(above.get(part[0]) for part in parts if len(part) > 1)
    result: dict[str, list[Item]] = {"train": [], "test": []}
    unread: set[str] = set()
    for path, part in zip(files, parts, strict=True):
        split = above.get(part[0]) if len(part) > 1 else None
        if split == "unlabeled":
            result["train"].append(Item(path, None, False))
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


def _item(path: Path, part: tuple[str, ...]) -> Item:
    if len(part) == 1:
        return Item(path, None, True)
    try:
        part[0].encode()
    except UnicodeEncodeError as error:
        raise FileError(
            f"The class folder {part[0]!r} has a name that is not UTF-8.", "Rename it."
        ) from error
    return Item(path, None if split_of(part[0]) == "unlabeled" else part[0], False)


def refuse_loose(folder: Path, items: list[Item], what: str) -> None:
    """Refuse files that lie beside class folders: of which class are they?"""
    loose = [item.path.name for item in items if item.loose]
    if loose and len(loose) < len(items):
        message = (
            f"{folder.name!r}: {len(loose)} {what} lie beside the class folders, and so are "
            f"of no class: {listing(loose)}."
        )
        raise DataError(message, "Move them into a class folder or into 'unlabeled'.")
