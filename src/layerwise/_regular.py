"""Reading a file that is one, of a size that is known before anything is read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ._errors import FileError

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def read_regular(path: Path, most: int) -> bytes:
    """Return the bytes of a regular file; nothing is waited for, and nothing else is opened.

    Parameters
    ----------
    path : path
    most : int
        Bytes; a larger file is refused before it is read.

    Raises
    ------
    FileError
        When it cannot be read, is no regular file, is larger, or changes while it is read.
    """
    try:
        _check_kind(path, os.stat(path).st_mode)
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            found = os.fstat(handle)
            _check_kind(path, found.st_mode)
            if found.st_size > most:
                raise FileError(
                    f"{path.name!r} has {found.st_size:,} bytes; at most {most:,} are read."
                )
            data = file.read(found.st_size + 1)
    except MemoryError as error:
        raise FileError(
            f"There is not enough memory for the {found.st_size:,} bytes of {path.name!r}."
        ) from error
    except OSError as error:
        raise FileError(f"Cannot read {str(path)!r}: {error.strerror or error}.") from error
    if len(data) != found.st_size:
        raise FileError(f"{path.name!r} changed while it was read.", "Read it again.")
    return data


def _check_kind(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        what = _KINDS.get(stat.S_IFMT(mode), "something else")
        raise FileError(f"Cannot read {str(path)!r}: it is {what}, not a file.")
