"""Several files replaced as one.

They are written into a folder beside their places. The rename of that folder to
``.layerwise.commit`` is the one moment from which on the new files count, and before which the old
ones do. Then they are renamed to their places. Who is stopped in between has lost nothing:
:func:`current` finds a file in either place, and the next writer moves the rest (:func:`settle`).
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Mapping
from pathlib import Path

from ._durable import folders, remove_empty, staging, sweep, sync, write_bytes, write_new, writing
from ._errors import FileError

COMMIT = ".layerwise.commit"
_RETRIES = 8


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write several files durably as one: all of them, or, after a failure, what was there before.

    Parameters
    ----------
    folder : path
    files : mapping of str to bytes
        Paths below the folder, with ``/``.

    Raises
    ------
    FileError
        When the folder cannot be written; its old files are whole and nothing of the new ones is
        left.
    """
    folder = Path(folder)
    with writing(folder), contextlib.ExitStack() as made:
        for place in sorted({(folder / name).parent for name in files}):
            made.enter_context(folders(place))
        recover(folder)
        for name in files:
            _refuse_folder(folder / name)
        with staging(folder) as staged:
            for name, data in files.items():
                (staged / name).parent.mkdir(parents=True, exist_ok=True)
                write_new(staged / name, data)
            for below in {(staged / name).parent for name in files} | {staged}:
                sync(below)
            _commit(staged, folder, list(files))


def recover(folder: Path) -> None:
    """Finish what was committed in a folder, and remove what dead processes left in it."""
    settle(folder)
    sweep(folder)


def settle(folder: Path) -> None:
    """Move what was committed in a folder to its place. Two processes may do so at once."""
    commit = Path(folder) / COMMIT
    below = sorted(commit.rglob("*"), reverse=True)  # what is inside a folder before the folder
    waiting = [path for path in below if not path.is_dir()]
    places = [folder / path.relative_to(commit) for path in waiting]
    for path, place in zip(waiting, places, strict=True):
        place.parent.mkdir(parents=True, exist_ok=True)
        _move(path, place)
    for changed in {place.parent for place in places}:
        sync(changed)
    for path in (*below, commit):
        remove_empty(path)


def current(path: Path) -> Path:
    """Return where the newest whole content of a file is: its place, or a commit that was stopped
    on its way there."""
    path = Path(os.path.abspath(path))
    for folder in (path.parent, path.parent.parent):
        waiting = folder / COMMIT / path.relative_to(folder)
        if os.path.lexists(waiting):
            return waiting
    return path


def _commit(staged: Path, folder: Path, names: list[str]) -> None:
    """Let the staged files count, and move them to their places. An interruption between the two
    comes too late; of a fault everything is taken back, while nothing has been moved."""
    commit = folder / COMMIT
    try:
        _rename_folder(staged, commit)
        sync(folder)
        settle(folder)
    except BaseException as error:
        fault = isinstance(error, OSError)
        if staged.exists() or (fault and _taken_back(commit, staged, names)):
            raise
        _finish(folder)
        if not fault:
            raise


def _taken_back(commit: Path, staged: Path, names: list[str]) -> bool:
    """Take back a commit none of whose files has been moved; whether that could be done."""
    if not all((commit / name).exists() for name in names):
        return False
    with contextlib.suppress(OSError):
        os.rename(commit, staged)
    return staged.exists()


def _finish(folder: Path) -> None:
    try:
        settle(folder)
    except OSError as error:
        raise FileError(
            f"The new files of {str(folder)!r} are whole, but cannot be moved to their places: "
            f"{error.strerror or error}.",
            "They are used from where they are; the next command that writes there moves them.",
        ) from error


def _rename_folder(staged: Path, commit: Path) -> None:
    """Give a folder the name of what is committed, after what has that name now."""
    for _ in range(_RETRIES):
        try:
            return os.rename(staged, commit)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            settle(commit.parent)
    raise OSError(errno.EBUSY, "Another process writes there")


def _move(path: Path, place: Path) -> None:
    try:
        os.replace(path, place)
    except FileNotFoundError:  # another process has moved it
        if os.path.lexists(path):
            raise
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        write_bytes(place, path.read_bytes())  # the place is on another disk
        os.unlink(path)


def _refuse_folder(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        raise IsADirectoryError(errno.EISDIR, "Is a directory", str(path))
    if path.parent.exists() and not path.parent.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "Not a directory", str(path.parent))
