"""A folder of texts: ``class/*.txt``, ``unlabeled/*.txt``, and optionally ``train/`` and ``test/``
above them."""

from __future__ import annotations

from pathlib import Path

from ..._errors import DataError, FileError
from ..texts import COLUMN
from .class_folders import Item, refuse_loose, splits_of, unwrapped
from .dataset import Dataset, object_array, only_label
from .files import walk

ENDING = ".txt"
_MOST_BYTES = 4 * 2**20  # of one text: far more than is ever looked at
_LOOKED_AT = 50  # files


def is_named(path: Path) -> bool:
    """Whether a file is called a text."""
    return path.name.lower().endswith(ENDING)


def holds_texts(files: list[Path], folder: Path) -> bool:
    """Tell whether a folder holds a text a file, rather than tables: every file is called a text
    and lies in a folder that is no ``key=value``, and most of them begin differently, which the
    tables of one header do not."""
    parts = [path.relative_to(folder).parts for path in files if is_named(path)]
    if len(parts) < 2 or len(parts) < len(files) or any(len(part) < 2 for part in parts):
        return False
    if any("=" in part[-2] for part in parts):
        return False
    few = files[:: max(1, len(files) // _LOOKED_AT)]
    return len({_first_line(path) for path in few}) > len(few) / 2


def read_texts(
    folder: Path,
    *,
    target: str | None = None,
    task: str | None = None,
    like: Dataset | None = None,
    drop: object = (),
    id_column: str | None = None,
    text: object = (),
) -> Dataset:
    """Return the texts of a folder, in the order of their paths; the first folder below is the
    class. Their names are the rows' names."""
    if drop or text or id_column is not None:
        raise DataError(
            f"{folder.name!r} is a folder of texts, which has no columns to name.",
            "Leave --drop, --text and --id out.",
        )
    if like is None or target is not None:
        only_label(folder.name, "classification", target, task)
    files, notes = walk(folder)
    root, wrapped = unwrapped(folder, files, is_named)
    splits, more = splits_of(root, [path for path in files if is_named(path)])
    notes = [*notes, *wrapped, *more]
    test = splits.get("test")
    if like is not None:
        return _read(root, test or splits["train"], notes, like)
    train = _read(root, splits["train"], notes, None)
    if not test:
        return train
    held = _read(root, test, [], train)
    return Dataset(**vars(train) | {"test": held})


def _read(root: Path, items: list[Item], notes: list[str], like: Dataset | None) -> Dataset:
    import polars as pl

    refuse_loose(root, items, "texts")
    texts = [_text(item.path) for item in items]
    y = object_array([item.label for item in items])
    labelled = any(label is not None for label in y)
    kind = ("label", "classification") if labelled else (None, None)
    name = COLUMN if like is None else like.text_columns[0]
    return Dataset(
        root.name,
        pl.DataFrame({name: pl.Series(texts, dtype=pl.String)}),
        y if labelled else None,
        kind[0],
        None,
        kind[1],
        notes=tuple(notes),
        ids=tuple(str(item.path.relative_to(root)) for item in items),
        text_columns=(name,),
    )


def _text(path: Path) -> str | None:
    """Return a text, None where there is nothing but white space.

    Raises
    ------
    FileError
        When it is far too long, or no UTF-8.
    """
    size = path.stat().st_size
    if size > _MOST_BYTES:
        raise FileError(
            f"{str(path)!r} has {size:,} bytes; a text has at most {_MOST_BYTES:,}.", "Cut it up."
        )
    content = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise FileError(
            f"{str(path)!r} is no UTF-8 text: {error.reason} at byte {error.start}.",
            f"iconv -f latin1 -t utf8 {path.name} > {path.stem}-utf8.txt",
        ) from error
    return text if text.strip() else None


def _first_line(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.readline(4096).strip()
