"""Archives (.zip, .tar, .tar.gz, .tar.bz2, .tar.xz): unpacked into a folder of their own, within
bounds, and read like any other."""

from __future__ import annotations

import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from ..._errors import FileError
from .files import MOST_BYTES, unreadable

PACKED = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
MOST_FILES = 2_000_000
MOST_INFLATION = 1000  # bytes out of one: what a machine writes to fill a disk is beyond it
_PIECE = 1 << 20
_Member = tuple[str, int, IO[bytes]]


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """Yield a folder that holds the files of an archive, for as long as they are read.

    Names that lead out of the folder, links and devices are refused or passed over; nothing is
    written beyond ``MOST_BYTES``.

    Raises
    ------
    FileError
        When the archive is damaged, locked, or too large.
    """
    with tempfile.TemporaryDirectory(prefix="layerwise-") as name:
        folder = Path(name)
        try:
            _unpack(path, folder)
        except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, ValueError) as error:
            if isinstance(error, FileError):
                raise
            raise FileError(
                f"{str(path)!r} is damaged: {str(error) or type(error).__name__}.",
                "Copy or download it again.",
            ) from error
        except (RuntimeError, NotImplementedError) as error:  # a password; an unknown method
            raise FileError(f"{str(path)!r} cannot be unpacked: {error}.", "Unpack it.") from error
        except OSError as error:
            raise unreadable(path, error) from error
        yield folder


def _unpack(path: Path, folder: Path) -> None:
    written, count = 0, 0
    limit = min(MOST_BYTES, MOST_INFLATION * max(path.stat().st_size, 1 << 10))
    for name, size, stream in _members(path):
        count += 1
        place = _place(path, folder, name)
        if count > MOST_FILES or written + size > limit:
            raise FileError(
                f"{str(path)!r} holds over {limit:,} bytes or {MOST_FILES:,} files.",
                "Unpack it, and give the folder.",
            )
        place.parent.mkdir(parents=True, exist_ok=True)
        with open(place, "wb") as file:
            while piece := stream.read(_PIECE):
                written += len(piece)
                if written > limit:
                    raise FileError(
                        f"{str(path)!r} unpacks to over {limit:,} bytes.",
                        "Unpack it, and give the folder.",
                    )
                file.write(piece)
    if not count:
        raise FileError(f"{str(path)!r} holds no file.", "Check what was packed.")


def _members(path: Path) -> Iterator[_Member]:
    if path.name.lower().endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if not info.is_dir():
                    with archive.open(info) as stream:
                        yield info.filename, info.file_size, stream
        return
    with tarfile.open(path) as packed:
        for member in packed:
            content = packed.extractfile(member) if member.isfile() else None
            if content is not None:
                yield member.name, member.size, content


def _place(path: Path, folder: Path, name: str) -> Path:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts or ".." in parts or parts[0] == "/" or any("\0" in part for part in parts):
        raise FileError(
            f"{str(path)!r} holds a file that leads out of it: {name!r}.",
            "Do not trust this archive.",
        )
    return folder.joinpath(*parts)
