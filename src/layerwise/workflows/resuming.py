"""A fit that goes on where it was stopped."""

from __future__ import annotations

import functools
import hashlib
import inspect
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar, cast

from .._durable import Facts, jsonable, remove_empty
from .._errors import CheckpointError, TrainingError
from ..training import checkpointed

CHECKPOINT = "checkpoint"  # the folder of it, below that of the results
_BESIDE = ("out", "restart", "command", "tell", "say")  # they change nothing that is trained
_UNSET: tuple[object, ...] = (None, (), [])
Say = Callable[[str], None]
Run = TypeVar("Run", bound=Callable[..., Any])


def resumes(run: Run) -> Run:
    """Let a workflow keep what it trains below its folder ``out``, and go on from what another call
    with the same settings has kept there; with ``restart`` it forgets that."""
    signature = inspect.signature(run)

    @functools.wraps(run)
    def kept(*given: Any, **settings: Any) -> Any:
        bound = signature.bind(*given, **settings)
        bound.apply_defaults()
        named = bound.arguments
        about = {name: value for name, value in named.items() if name not in _BESIDE}
        about = {name: value for name, value in about.items() if value not in _UNSET}
        say = named["say"] or (lambda note: None)
        with resumable(Path(named["out"]), about, restart=named["restart"], say=say):
            return run(*given, **settings)

    return cast(Run, kept)


@contextmanager
def resumable(out: Path, about: Facts, *, restart: bool, say: Say) -> Iterator[None]:
    """Keep what is trained inside the block below ``out``, and go on from what is kept there.

    Parameters
    ----------
    out : Path
        The folder of the results, which this process has for itself.
    about : dict
        The settings that must be equal.
    restart : bool
        Whether to forget what is kept.
    say : callable
        Told where it goes on from, and where it is kept when it is stopped.

    Raises
    ------
    CheckpointError
        When another call is kept there; says what differs.
    """
    folder = out / CHECKPOINT
    if restart:
        shutil.rmtree(folder, ignore_errors=True)
    try:
        with checkpointed(folder, about=jsonable(about) | _contents(about)) as kept:
            if kept is not None and kept.goes_on and (plans := _plans(folder)):
                newest = datetime.fromtimestamp(max(path.stat().st_mtime for path in plans))
                say(f"Going on from the checkpoint of {newest:%Y-%m-%d %H:%M:%S} in {folder}.")
            yield
    except (CheckpointError, TrainingError):
        raise
    except BaseException:
        if _plans(folder):
            say(
                f"What was trained is kept in {folder}: the same command goes on from it, and with "
                "--restart begins anew."
            )
        raise
    remove_empty(folder)


def _plans(folder: Path) -> list[Path]:
    return list(folder.glob("plan-*"))


def _contents(about: Facts) -> Facts:
    """Return a hash of each file that is named, or of the names and sizes in a folder."""
    found = {}
    for name in ("data", "test", "labels_from"):
        path = about.get(name)
        if path is not None and os.path.exists(path):
            found[f"content of {name}"] = _content(Path(path))
    return found


def _content(path: Path) -> str:
    hashed = hashlib.blake2b(digest_size=32)
    if path.is_file():
        with path.open("rb") as file:
            while block := file.read(2**20):
                hashed.update(block)
    else:
        for below in sorted(path.rglob("*")):
            if below.is_file():
                hashed.update(f"{below.relative_to(path)} {below.stat().st_size}\n".encode())
    return hashed.hexdigest()
