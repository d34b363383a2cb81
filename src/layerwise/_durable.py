"""Writing a file that must survive: it is whole or absent.

It is written beside its place, flushed to the disk, and renamed. What a process that was killed
left beside it is known by its lock, which has died, and is swept by the next.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from ._errors import FileError
from ._json import Facts as Facts
from ._json import json_text
from ._json import jsonable as jsonable
from ._json import read_json as read_json
from ._lock import abandoned, take

STAGED = ".layerwise-"  # begins the name of what is being written
_RETRIES = 8


def write_bytes(path: Path, data: bytes, mode: int = 0o666) -> str:
    """Write a file durably; return the SHA-256 of its bytes in hex.

    ``mode`` says who may read it, as far as the process allows it.

    Raises
    ------
    FileError
        When the place cannot be written; the old file, if any, is untouched.
    """
    path = Path(path)
    make = partial(_new_file, mode=mode)
    with writing(path), folders(path.parent), _own(path.parent, make) as (temporary, handle):
        _fill(handle, data)
        os.replace(temporary, path)
        sync(path.parent)
    return hashlib.sha256(data).hexdigest()


def write_text(path: Path, text: str, mode: int = 0o666) -> str:
    """Write a text file durably as UTF-8; return its SHA-256."""
    return write_bytes(path, encoded(path, text), mode)


def write_json(path: Path, data: object) -> str:
    """Write strict JSON durably (no NaN); return its SHA-256."""
    return write_text(path, json_text(data))


def sweep(folder: Path) -> None:
    """Remove what dead processes left half written in a folder."""
    for path in Path(folder).glob(f"{STAGED}*"):
        with abandoned(path) as dead:
            if dead:
                _remove(path)


@contextlib.contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """Make a folder beside the places of what will be written in it; what is left in it is
    removed."""
    with _own(folder, _new_folder) as (staged, _):
        yield staged


@contextlib.contextmanager
def folders(folder: Path) -> Iterator[None]:
    """Make a folder and those above it; take away what stays empty when something goes wrong."""
    missing = [folder, *folder.parents]
    missing = missing[: next((i for i, p in enumerate(missing) if os.path.lexists(p)), 0)]
    try:
        for place in reversed(missing):
            with contextlib.suppress(FileExistsError):  # another process makes it too
                os.mkdir(place)
            sync(place.parent)
        yield
    except BaseException:
        for place in missing:
            remove_empty(place)
        raise


def encoded(path: Path, text: str) -> bytes:
    """Return text as UTF-8.

    Raises
    ------
    FileError
        When it is no Unicode.
    """
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise FileError(
            f"Cannot write {str(path)!r}: the text is not Unicode.", "Rename what it names."
        ) from error


@contextlib.contextmanager
def _own(folder: Path, make: Callable[[Path], int]) -> Iterator[tuple[Path, int]]:
    """Make something under a name of its own, locked while it is written; whatever has that name in
    the end is removed."""
    for _ in range(_RETRIES):
        path, handle = Path(folder) / f"{STAGED}{secrets.token_hex(6)}", None
        try:
            handle = make(path)
            if take(handle):  # else it was swept before it was locked
                yield path, handle
                return
        finally:
            if handle is not None:
                os.close(handle)
            _remove(path)
    raise OSError(errno.EBUSY, "Another process removes what is written")


def _new_file(path: Path, mode: int = 0o666) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)


def _new_folder(path: Path) -> int:
    os.mkdir(path)
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def write_new(path: Path, data: bytes) -> None:
    """Write a file that is not there, and flush it to the disk."""
    handle = _new_file(path)
    try:
        _fill(handle, data)
    finally:
        os.close(handle)


def _fill(handle: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest) :]
    os.fsync(handle)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the system says about a place into a ``FileError``."""
    try:
        yield
    except OSError as error:
        hint = "Choose another --out, or free the disk."
        raise FileError(f"Cannot write {str(path)!r}: {error.strerror or error}.", hint) from error


def _remove(path: Path) -> None:
    """Remove what was left, if that can be done."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            os.unlink(path)


def remove_empty(folder: Path) -> None:
    """Remove a folder, unless something is in it."""
    with contextlib.suppress(OSError):
        os.rmdir(folder)


def sync(folder: Path) -> None:
    """Flush to the disk which names a folder has."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
