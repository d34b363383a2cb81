"""Keeping a training while it runs, so that it goes on after it was stopped."""

from __future__ import annotations

import contextlib
import os
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._durable import Facts, folders, jsonable, sweep, sync, write_bytes, writing
from .._errors import CheckpointError, FileError, TrainingError
from .._lock import locked
from .._regular import read_regular
from .._version import __version__
from .tree import Damaged, Tree, packed, unpacked

EVERY = 60.0  # seconds between two checkpoints of a phase
_RUN = "run"
_MOST_BYTES = 2**38
_Words = dict[str, str]


class Checkpoint:
    """A folder that keeps what was trained inside of :func:`checkpointed`.

    Every plan that is run has a number: in the order in which they are run, which is the same when
    they are run again. A plan that has ended is one file; of one that runs two are kept, the newest
    and the one before.

    Parameters
    ----------
    folder : Path
    every : float
        Seconds.
    about : dict
        What must be equal for the training to go on, in words.
    """

    def __init__(self, folder: Path, every: float, about: Facts) -> None:
        self.folder, self.every = folder, every
        self.kept_at = time.monotonic()
        self.plans = 0
        self.about = {"layerwise": __version__} | jsonable(about)
        # where no plan was kept there is nothing to go on from, and nothing to be equal to
        found = self.newest([_RUN]) if self.holds_plans else None
        self.goes_on = found is not None
        self.memory: Facts = {} if found is None else found["memory"]
        if found is not None:
            self.same("command", found["about"], self.about)

    @property
    def holds_plans(self) -> bool:
        """Whether anything that was trained is kept."""
        return any(self.folder.glob("plan-*"))

    def remembered(self, name: str, make: Callable[[], Any]) -> Any:
        """Return plain data that was decided when the training began, or decide now: what is
        measured by a clock would be another when it goes on."""
        if name not in self.memory:
            self.memory[name] = jsonable(make())
            self._write_run()
        return self.memory[name]

    def plan(self, about: _Words) -> Keeper:
        """Return what keeps the next plan.

        Raises
        ------
        CheckpointError
            When another plan, or other rows, were kept as this one.
        """
        self.plans += 1
        name = f"plan-{self.plans:04d}"
        if self.plans == 1:
            self._write_run()
        return Keeper(self, name, about)

    def remove(self) -> None:
        """Remove what was kept: the training has ended."""
        for path in [*self.folder.glob("plan-*"), self.folder / _RUN]:
            with contextlib.suppress(OSError):
                path.unlink()

    def write(self, name: str, tree: Tree) -> None:
        """Write a file whole, or leave the one that is there.

        Raises
        ------
        FileError
            When there is no room for it; says how much it takes.
        """
        data = packed(tree)
        try:
            write_bytes(self.folder / name, data)
        except FileError as error:
            raise FileError(
                f"{error.message} A checkpoint takes {_size(len(data))}; the one before is "
                "untouched.",
                "Make room there; the same call then goes on from it.",
            ) from error
        self.kept_at = time.monotonic()

    def newest(self, names: list[str]) -> Tree | None:
        """Return the newest of some files that is whole; says when one is not."""
        trees, damaged = [], []
        for name in names:
            try:
                tree = self._read(name)
            except Damaged:
                damaged.append(name)
                continue
            trees += [] if tree is None else [tree]
        for name in damaged:
            instead = "the one before it is taken" if trees else "this part begins anew"
            warnings.warn(
                f"The checkpoint {str(self.folder / name)!r} is damaged; {instead}.", stacklevel=2
            )
        return max(trees, key=lambda tree: int(tree["order"]), default=None)

    def same(self, what: str, then: Facts, now: Facts) -> None:
        """Raise CheckpointError, with the differences, unless two descriptions are equal."""
        names = [name for name in {**then, **now} if then.get(name) != now.get(name)]
        if names:
            told = "; ".join(_difference(name, then.get(name), now.get(name)) for name in names)
            raise CheckpointError(
                f"{str(self.folder)!r} keeps the training of another {what}: {told}.",
                "Repeat what was begun, or begin anew (--restart, or an empty folder).",
            )

    def _write_run(self) -> None:
        self.write(_RUN, {"about": self.about, "memory": self.memory, "order": 0})

    def _read(self, name: str) -> Tree | None:
        path = self.folder / name
        if not os.path.lexists(path):
            return None
        try:
            return unpacked(read_regular(path, _MOST_BYTES))
        except (FileError, OSError, ValueError, KeyError, TypeError) as error:
            raise Damaged from error


class Keeper:
    """Keeps one plan: ``found`` is what it goes on from."""

    def __init__(self, checkpoint: Checkpoint, name: str, about: _Words) -> None:
        self.checkpoint, self.name, self.about = checkpoint, name, about
        self.ended = f"{name}.ended"
        self.found = checkpoint.newest([self.ended, *self._two()])
        if self.found is not None:
            checkpoint.same("plan", self.found["about"], about)
        self.order = 0 if self.found is None else int(self.found["order"])

    def due(self) -> bool:
        """Whether it is time to keep a phase that runs."""
        return time.monotonic() - self.checkpoint.kept_at >= self.checkpoint.every

    def keep(self, tree: Tree, *, ended: bool = False) -> None:
        """Keep where the plan stands, and the state before that."""
        self.order += 1
        own = {"about": self.about, "order": self.order}
        name = self.ended if ended else self._two()[self.order % 2]
        self.checkpoint.write(name, tree | own)
        if ended:
            with writing(self.checkpoint.folder):
                for old in self._two():
                    (self.checkpoint.folder / old).unlink(missing_ok=True)
                sync(self.checkpoint.folder)

    def _two(self) -> list[str]:
        return [f"{self.name}.even", f"{self.name}.odd"]


@dataclass(frozen=True)
class PhaseKeeper:
    """Keeps a phase inside of its plan.

    Parameters
    ----------
    keeper : Keeper
    around : callable
        Returns what is kept of the plan beside the phase.
    found : dict, optional
        Of the phase, where it goes on.
    beside : dict
        What more is kept of the phase.
    """

    keeper: Keeper
    around: Callable[[], Tree]
    found: Tree | None
    beside: Tree

    def due(self) -> bool:
        """Whether it is time to keep the phase."""
        return self.keeper.due()

    def keep(self, tree: Tree) -> None:
        """Keep where the phase stands."""
        self.keeper.keep(self.around() | {"loop": tree, "beside": self.beside})


_CURRENT: ContextVar[Checkpoint | None] = ContextVar("checkpoint", default=None)


def current() -> Checkpoint | None:
    """Return where training is kept, if anywhere."""
    return _CURRENT.get()


def decided(name: str, make: Callable[[], Any]) -> Any:
    """Return plain data that a clock decides, as it was decided when the training began."""
    checkpoint = current()
    return jsonable(make()) if checkpoint is None else checkpoint.remembered(name, make)


@contextmanager
def unkept() -> Iterator[None]:
    """Keep nothing inside the block: what is tried there is not part of the training."""
    token = _CURRENT.set(None)
    try:
        yield
    finally:
        _CURRENT.reset(token)


@contextmanager
def checkpointed(
    folder: str | os.PathLike[str] | None, *, every: float = EVERY, about: Facts | None = None
) -> Iterator[Checkpoint | None]:
    """Keep every fit inside the block in a folder, and go on from what is kept there.

    Run again after it was stopped, by Ctrl-C, by a signal, by ``kill -9`` or by a full disk, the
    same block goes on where it was, and ends with the same bits as if it had not been stopped
    (same machine, same number of threads). When the block has ended, nothing is left in the folder.

    Parameters
    ----------
    folder : path or None
        Made when it is not there. None keeps nothing more than what is kept already.
    every : float
        Seconds between two checkpoints of a phase; one is written at the end of each phase too.
    about : dict, optional
        Plain data that must be equal for the training to go on.

    Raises
    ------
    CheckpointError
        When something else is kept in the folder; says what differs.
    FileError
        When nothing can be written there, or another process works there.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> from layerwise import Dense, Pretrainer, Stack, checkpointed
    >>> with checkpointed(tempfile.mkdtemp()):
    ...     model = Pretrainer(Stack(Dense(3)), random_state=0).fit(np.eye(8))
    >>> model.transform(np.eye(8)).shape
    (8, 3)
    """
    outer = _CURRENT.get()
    if folder is None or (outer is not None and _is(outer.folder, Path(folder))):
        yield outer
        return
    folder = Path(folder)
    with ExitStack() as held:
        try:
            held.enter_context(folders(folder))
            held.enter_context(locked(folder))
            sweep(folder)
            checkpoint = Checkpoint(folder, every, about or {})
        except OSError as error:
            raise FileError(
                f"Cannot write to {str(folder)!r}: {error.strerror or error}.",
                "Choose another folder.",
            ) from error
        token = _CURRENT.set(checkpoint)
        try:
            yield checkpoint
        except BaseException as error:
            # a training that cannot go on would end so again
            if isinstance(error, TrainingError) or not checkpoint.holds_plans:
                checkpoint.remove()
            raise
        finally:
            _CURRENT.reset(token)
        checkpoint.remove()


def _is(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def _difference(name: str, then: object, now: object) -> str:
    """Say how two values differ; what is long, such as a hash, only that they do."""
    shown = [repr(value) for value in (then, now)]
    if any(len(text) > 60 for text in shown):
        return f"{name} differs"
    return f"{name} was {shown[0]} and is {shown[1]}"


def _size(count: int) -> str:
    return f"{max(1, round(count / 1e6)):,} MB"
