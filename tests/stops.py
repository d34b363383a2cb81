"""Writing, stopped before every durable operation: by a signal, or by a fault of the disk.

``python -m tests.stops`` tries all of them on a model and says how many were tried.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

OPERATIONS = ("open", "write", "fsync", "mkdir", "rename", "replace", "unlink", "rmdir", "truncate")
ERRORS = (errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS, errno.EMFILE)
SIGNALS = (signal.SIGKILL, signal.SIGINT, signal.SIGTERM)
IN_MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None  # where a flush takes no time
Write = Callable[[], object]


class Terminated(BaseException):
    """As the command line has it."""


@contextlib.contextmanager
def before(nth: int, act: Callable[[], None], *, for_good: bool = False) -> Iterator[list[str]]:
    """Act before the n-th operation (from 0), or before all from there; yield the operations."""
    done: list[str] = []
    real = {name: getattr(os, name) for name in OPERATIONS}

    def counted(name: str) -> Callable[..., Any]:
        def operation(*given: Any, **settings: Any) -> Any:
            done.append(name)
            if len(done) - 1 == nth or (for_good and len(done) - 1 > nth):
                act()
            return real[name](*given, **settings)

        return operation

    try:
        for name in OPERATIONS:
            setattr(os, name, counted(name))
        yield done
    finally:
        for name, one in real.items():
            setattr(os, name, one)


def failing(code: int) -> Callable[[], None]:
    """Return what raises an error of the system."""

    def act() -> None:
        raise OSError(code, os.strerror(code))

    return act


def operations(write: Write) -> int:
    """Return how many operations a whole write has."""
    with before(-1, lambda: None) as done:
        write()
    return len(done)


def stopped(write: Write, nth: int, number: int) -> bool:
    """Write in a child that gets a signal before the n-th operation; whether it was stopped."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            signal.signal(signal.SIGTERM, _terminate)
            with before(nth, lambda: os.kill(os.getpid(), number)):
                write()
            code = 0
        except (KeyboardInterrupt, Terminated):
            pass
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1] != 0


def by_signals(
    make: Callable[[Path], Write], check: Callable[[Path], None], signals: Any = SIGNALS
) -> int:
    """Stop a write before each operation by each signal; return how many times it was stopped.

    ``make`` puts the old state into a folder and returns what writes the new; ``check`` looks at
    the folder after the stop.
    """
    return _everywhere(
        make, check, [lambda write, nth, s=s: stopped(write, nth, s) for s in signals]
    )


def by_errors(
    make: Callable[[Path], Write], check: Callable[[Path], None], errors: Any = ERRORS
) -> int:
    """Let each operation fail with each error, once and for good; return how many times."""

    def fails(write: Write, nth: int, code: int, for_good: bool) -> bool:
        from layerwise import FileError

        with before(nth, failing(code), for_good=for_good), contextlib.suppress(FileError):
            write()
        return True

    ways = itertools.product(errors, (False, True))
    return _everywhere(
        make, check, [lambda write, nth, c=c, g=g: fails(write, nth, c, g) for c, g in ways]
    )


def _everywhere(make: Any, check: Any, ways: list[Any]) -> int:
    tried = 0
    for way in ways:
        for nth in itertools.count():
            folder = Path(tempfile.mkdtemp(prefix="stops", dir=IN_MEMORY))
            try:
                write = make(folder)
                count = operations(make(Path(f"{folder}-whole"))) if nth == 0 else count  # noqa: F821
                shutil.rmtree(f"{folder}-whole", ignore_errors=True)
                if nth >= count:
                    break
                way(write, nth)
                check(folder)
                tried += 1
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    return tried


def _terminate(number: int, frame: object) -> None:
    raise Terminated


def main() -> None:
    """Stop ``save`` over an old model in every way."""
    from tests.test_stops import Models

    models = Models()
    print("signals:", by_signals(models.make, models.check), flush=True)
    print("errors:", by_errors(models.make, models.check), flush=True)


if __name__ == "__main__":
    sys.exit(main())
