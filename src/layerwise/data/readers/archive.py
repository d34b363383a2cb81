"""The arrays of a ``.npz``, none of them pickled, none larger than its file says."""

from __future__ import annotations

import math
import zipfile
import zlib
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy

from ..._errors import FileError
from .files import MOST_BYTES, check_inflated, unreadable

_MOST_HEADER = 1 << 17
_PICKLE = (
    "Objects are pickles, which may run code, and are never loaded: save numbers, or texts "
    "with dtype='U'."
)


def read_archive(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of a ``.npz``; a size is believed only when the archive's own entry
    agrees."""
    arrays: dict[str, np.ndarray] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            check_inflated(
                path.name,
                sum(info.file_size for info in entries),
                sum(info.compress_size for info in entries),
            )
            for info in entries:
                with archive.open(info) as stream:
                    check_header(stream.read(12))
                with archive.open(info) as stream:
                    _check_size(info, stream)
                with archive.open(info) as stream:
                    arrays[info.filename.removesuffix(".npy")] = npy.read_array(
                        stream, allow_pickle=False
                    )
    except zipfile.BadZipFile as error:
        message = f"{str(path)!r} is not a .npz file, or it is truncated or damaged: {error}."
        raise FileError(message, "Save it again with numpy.savez.") from error
    except OSError as error:
        raise unreadable(path, error) from error
    except FileError:
        raise
    except (
        ValueError,
        TypeError,
        EOFError,
        RuntimeError,
        NotImplementedError,
        zlib.error,
    ) as error:
        raise damaged(path, error) from error
    return arrays


def check_header(first: bytes) -> None:
    """Refuse an array whose header is larger than any, by its first 12 bytes: it would be read as a
    whole.

    Raises
    ------
    ValueError
        Names the size.
    """
    size = int.from_bytes(first[8:12], "little")
    if first[6:7] > b"\x01" and size > _MOST_HEADER:
        raise ValueError(f"its header says that it has {size:,} bytes; at most {_MOST_HEADER:,}")


def _check_size(info: zipfile.ZipInfo, stream: IO[bytes]) -> None:
    version = npy.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"{info.filename!r} is of the version {version}")
    shape, _, dtype = (
        npy.read_array_header_1_0(stream)
        if version == (1, 0)
        else npy.read_array_header_2_0(stream)
    )
    size = math.prod(shape) * dtype.itemsize
    if dtype.hasobject:
        raise ValueError("Object arrays are not allowed")
    if size > MOST_BYTES or stream.tell() + size != info.file_size:
        raise ValueError(
            f"{info.filename!r} says that it holds {size} bytes, its entry has {info.file_size}"
        )


def damaged(path: Path, error: Exception) -> FileError:
    """Return the error for a file that is no sound NumPy file."""
    reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
    if "object" in reason.lower():
        return FileError(f"{str(path)!r} holds Python objects.", _PICKLE)
    return FileError(
        f"{str(path)!r} cannot be read as a NumPy file: {reason}.",
        "Save it again with numpy.save or numpy.savez.",
    )
