"""Locks that die with their owner (``flock``)."""

from __future__ import annotations

import contextlib
import fcntl
import os
import warnings
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from ._errors import FileError

LOCK = ".layerwise.lock"  # in the folder that a command writes to, while it runs


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep a folder for this process.

    Raises
    ------
    FileError
        When another process has it; names that and when it began.
    OSError
        When nothing can be written there.
    """
    path = folder / LOCK
    handle = _taken(path, folder)
    try:
        os.truncate(handle, 0)
        os.write(handle, f"{os.getpid()} {datetime.now().astimezone():%Y-%m-%d %H:%M:%S}".encode())
        yield
    finally:
        with contextlib.suppress(OSError):
            os.unlink(path)
        os.close(handle)


def take(handle: int) -> bool:
    """Lock what is open; whether nobody else has it and it still has a name.

    Where the file system has no locks nobody can be seen to have it: then nothing is swept.
    """
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return os.fstat(handle).st_nlink > 0


@contextlib.contextmanager
def abandoned(path: Path) -> Iterator[bool]:
    """Whether nobody has locked a file or folder; within, nobody can."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:  # it has gone, or cannot be looked at
        yield False
        return
    try:
        yield _free(handle)
    finally:
        os.close(handle)


def _free(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _taken(path: Path, folder: Path) -> int:
    """Return the open lock file of a folder, locked."""
    while True:
        flags = os.O_RDWR | os.O_CREAT | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(path, flags, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _in_use(folder, handle) from None
        except OSError as error:
            warnings.warn(
                f"{str(folder)!r} cannot be locked ({error.strerror}): see to it that no other "
                "command writes there.",
                stacklevel=2,
            )
            return handle
        if os.fstat(handle).st_nlink:
            return handle
        os.close(handle)  # its owner has just ended and removed it


def _in_use(folder: Path, handle: int) -> FileError:
    pid, _, began = os.read(handle, 100).decode("utf-8", "replace").partition(" ")
    os.close(handle)
    who = f"process {pid}, which began at {began}" if began else "another process"
    return FileError(
        f"{str(folder)!r} is in use by {who}.", "Wait until it has ended, or choose another --out."
    )
