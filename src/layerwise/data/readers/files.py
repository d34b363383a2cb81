"""Opening files and walking folders, with every fault as a ``FileError``."""

from __future__ import annotations

import gzip
import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from ..._errors import FileError, did_you_mean
from .dataset import listing

MOST_BYTES, MOST_RATIO = 8 << 30, 200
_FREE = 64 << 20  # bytes that may come from any


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file for reading bytes; gzip is recognised by its content, not by its ending."""
    try:
        with open(path, "rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            if packed:
                with gzip.open(raw) as stream:
                    yield cast(BinaryIO, io.BufferedReader(_Inflated(stream, raw, path), 1 << 20))
            else:
                yield raw
    except EOFError as error:
        raise FileError(
            f"{str(path)!r} is truncated: its compressed data ends too early.",
            "Copy or download it again.",
        ) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise FileError(
            f"{str(path)!r} is not a valid gzip file: {error}.", "Copy or download it again."
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error


class _Inflated(io.RawIOBase):
    """The content of a gzip file, which may not grow without bounds."""

    def __init__(self, stream: gzip.GzipFile, raw: BinaryIO, path: Path) -> None:
        self.stream, self.raw, self.path, self.size = stream, raw, path, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        found = self.stream.readinto(buffer)
        self.size += found
        check_inflated(self.path.name, self.size, self.raw.tell())
        return found


def check_inflated(name: str, size: int, packed: int) -> None:
    """Refuse packed data that grow to more than 8 GiB, or beyond 64 MiB more than 200-fold.

    Raises
    ------
    FileError
        Names both sizes.
    """
    if size > MOST_BYTES or (size > _FREE and size > MOST_RATIO * packed):
        raise FileError(
            f"{name!r} grows from {packed:,} packed bytes to {size:,} or more; at most "
            f"{MOST_BYTES:,} are read, and at most {MOST_RATIO} times the packed ones.",
            "If it is sound, unpack it and give the unpacked file.",
        )


def unreadable(path: Path, error: OSError) -> FileError:
    """Return the error for a file that the system does not hand out."""
    return FileError(
        f"{str(path)!r} cannot be read: {error.strerror or error}.",
        "Check that it is there and that you may read it.",
    )


def not_found(data: str, known: tuple[str, ...] = ()) -> FileError:
    """Return the error for a name that is neither a file nor a folder, with the closest one that
    is."""
    folder = Path(os.path.expanduser(data)).parent
    if os.path.islink(os.path.expanduser(data)):
        return FileError(
            f"{data!r} is a link that leads nowhere, or to itself.", "Give the file itself."
        )
    try:
        beside = sorted(item.name for item in folder.iterdir() if not item.name.startswith("."))
    except OSError:
        return FileError(
            f"No file or folder {data!r}: there is no folder {str(folder)!r} either.",
            "Check the path.",
        )
    names = [*known, *beside] if folder == Path(".") else beside
    return FileError(f"No file or folder {data!r}.", did_you_mean(Path(data).name, names))


def walk(root: Path) -> tuple[list[Path], list[str]]:
    """Return the regular files under a folder in sorted order, and notes; hidden ones are left out.

    Symbolic links are followed to files inside the folder only.
    """
    home, files, left_out = Path(os.path.realpath(root)), [], []

    def failed(error: OSError) -> None:
        raise unreadable(Path(str(error.filename)), error) from error

    for folder, folders, names in os.walk(root, onerror=failed):
        here = Path(folder)
        for name in (*folders, *names):
            path = here / name
            if name.startswith("."):
                continue
            if path.is_symlink() and (
                path.is_dir() or not Path(os.path.realpath(path)).is_relative_to(home)
            ):
                left_out.append(str(path.relative_to(root)))
            elif path.is_file():
                files.append(path)
        folders[:] = [name for name in folders if not name.startswith(".")]
    if not left_out:
        return sorted(files), []
    what = "symbolic links that lead out of the folder or to other folders were"
    return sorted(files), [f"{len(left_out)} {what} skipped: {listing(sorted(left_out))}."]
