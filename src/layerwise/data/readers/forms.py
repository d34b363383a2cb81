"""Which reader a name asks for: by its ending, and for folders by what lies in them."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from ..._errors import FileError
from .arrays import read_npy, read_npz
from .dataset import Dataset, listing
from .embedded import EMBEDDED
from .files import not_found, walk
from .idx import idx_folder, read_idx
from .images import has_images, read_images
from .own import own_reader
from .packed import PACKED, unpacked
from .parts import read_parts
from .tables import from_frame, read_table
from .text_folder import holds_texts, read_texts
from .typed import TYPED, read_typed

FORMS = (
    "Accepted are .csv, .tsv, .txt and .data (packed with gzip or not), .parquet, .jsonl, .arff "
    "and .xlsx files, folders and globs of CSV or Parquet files, .npy, .npz, a folder of IDX "
    "files, a folder of images or of texts (class/..., unlabeled/...), a .zip or .tar.gz of a "
    f"folder, - for standard input, and the names {listing(list(EMBEDDED))}."
)
TEXT = tuple(
    f"{end}{packed}" for end in (".csv", ".tsv", ".txt", ".data") for packed in ("", ".gz")
)
PARQUET = (".parquet", ".pq")
ENDINGS = (*TEXT, *PARQUET, *TYPED, *PACKED, ".npy", ".npz")
# With the one command that makes of it what can be read
_CONVERTED = {
    ".json": "python -c \"import pandas; pandas.read_json('{0}').to_parquet('{1}.parquet')\"",
    ".feather": "python -c \"import polars; polars.read_ipc('{0}').write_parquet('{1}.parquet')\"",
    ".arrow": "python -c \"import polars; polars.read_ipc('{0}').write_parquet('{1}.parquet')\"",
    ".orc": "python -c \"import pandas; pandas.read_orc('{0}').to_parquet('{1}.parquet')\"",
    ".sas7bdat": "python -c \"import pandas; pandas.read_sas('{0}').to_parquet('{1}.parquet')\"",
    ".dta": "python -c \"import pandas; pandas.read_stata('{0}').to_parquet('{1}.parquet')\"",
    ".sav": "python -c \"import pandas; pandas.read_spss('{0}').to_parquet('{1}.parquet')\"",
    ".mat": 'python -c "import numpy, scipy.io; '
    "numpy.savez('{1}.npz', **{{k: v for k, v in scipy.io.loadmat('{0}').items() "
    "if k[0] != '_'}})\"",
    ".gz": "gunzip --keep {0}",
    ".bz2": "bunzip2 --keep {0}",
    ".xz": "unxz --keep {0}",
    ".7z": "7z x {0}",
    ".rar": "unrar x {0}",
}

Read = Callable[..., Dataset]


def reader_of(data: str) -> tuple[Read, bool]:
    """Return the function that reads some data, and whether it is a table.

    Raises
    ------
    FileError
        When nothing is there, or it is of no form that can be read.
    """
    if not data:
        raise FileError("The name of the data is empty.", FORMS)
    path = Path(os.path.expanduser(data))
    if path.is_dir():
        return _folder_reader(path, path.resolve().name)
    if path.is_file():
        return _file_reader(path)
    if path.exists():
        raise FileError(f"{data!r} is neither a file nor a folder.", FORMS)
    if not glob.has_magic(data):
        raise not_found(data, EMBEDDED)
    return _glob_reader(data, path)


def reads_images(read: Read) -> bool:
    """Tell whether a reader is one of images, which have a brightest value."""
    return getattr(read, "func", read) in (read_images, _read_packed_images)


def _glob_reader(data: str, path: Path) -> tuple[Read, bool]:
    paths = [
        Path(name) for name in sorted(glob.glob(str(path), recursive=True)) if os.path.isfile(name)
    ]
    if not paths:
        raise FileError(
            f"No file matches {data!r}.",
            "Check the pattern, and quote it so that the shell leaves it alone.",
        )
    for endings in (PARQUET, TEXT):
        wrong = [str(item) for item in paths if not _ends(item, endings)]
        if not wrong:
            root = Path(os.path.dirname(data[: _magic(data)])) if _magic(data) else path.parent
            return partial(read_parts, paths, path.parent.name or "data", root), True
    raise FileError(
        f"{data!r} matches files of several forms, or of none that can be joined: "
        f"{listing([str(item) for item in paths])}.",
        "A pattern may name CSV files only, or Parquet files only.",
    )


def _magic(data: str) -> int:
    return min(data.index(mark) for mark in "*?[" if mark in data)


def _ends(path: Path, endings: Sequence[str]) -> bool:
    return path.name.lower().endswith(tuple(endings))


def _file_reader(path: Path) -> tuple[Read, bool]:
    name = path.name.lower()
    ending = next((e for e in sorted(ENDINGS, key=len, reverse=True) if name.endswith(e)), None)
    stem = path.name[: -len(ending)] if ending else path.stem
    if ending in (*TEXT, *PARQUET):
        return partial(read_table, [path], stem), True
    if ending in TYPED:
        return partial(read_typed, path, stem, ending), True
    if ending == ".npy":
        return partial(read_npy, path), False
    if ending == ".npz":
        return partial(read_npz, path), False
    if ending in PACKED:
        return _packed_reader(path, stem)
    own = own_reader(path)
    if own is not None:
        reads, stem = own
        return lambda **rows: from_frame(reads(), stem, **rows), True
    command = _CONVERTED.get(path.suffix.lower())
    if command is None:
        raise FileError(f"{str(path)!r} is of no form that can be read.", FORMS)
    raise FileError(
        f"{str(path)!r} is a {path.suffix} file, which is not read as it is.",
        f"Turn it into a form that is: {command.format(path.name, path.stem)}",
    )


def _packed_reader(path: Path, stem: str) -> tuple[Read, bool]:
    """Return what reads the folder or the one file in an archive."""
    with unpacked(path) as folder:
        read, is_table = _inside(folder, stem)
        images = reads_images(read)
    return partial(_read_packed_images if images else _read_packed, path, stem), is_table


def _inside(folder: Path, stem: str) -> tuple[Read, bool]:
    files, _ = walk(folder)
    return _file_reader(files[0]) if len(files) == 1 else _folder_reader(folder, stem)


def _read_packed(path: Path, stem: str, **rows: object) -> Dataset:
    with unpacked(path) as folder:
        return replace(_inside(folder, stem)[0](**rows), name=stem)


def _read_packed_images(path: Path, stem: str, **rows: object) -> Dataset:
    return _read_packed(path, stem, **rows)


def _folder_reader(folder: Path, name: str) -> tuple[Read, bool]:
    files, notes = walk(folder)
    if holds_texts(files, folder):
        return partial(read_texts, folder.resolve()), True
    for endings in (PARQUET, TEXT[:4]):
        tables = [path for path in files if _ends(path, endings)]
        if tables and (endings == PARQUET or not has_images(folder)):
            return partial(read_parts, tables, name, folder, notes), True
    if (idx := idx_folder(folder)) is not None:
        return partial(read_idx, idx), False
    if has_images(folder):
        return partial(read_images, folder.resolve()), False
    raise FileError(
        f"The folder {str(folder)!r} holds nothing that can be read ({len(files)} files).",
        " ".join([*notes, FORMS]),
    )
