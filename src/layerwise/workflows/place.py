"""Where results go: a folder that is made, locked, and left as it was when nothing is written."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

from .._commit import recover
from .._durable import Facts, folders, sweep
from .._errors import FileError
from .._lock import locked
from ..artifacts import model_files
from ..estimators import Model

MODEL = "model"  # the folder of the model, below that of the results
_OF_A_STUDY = ("trials", "stacks")
Run = TypeVar("Run", bound=Callable[..., Any])


def claims_out(run: Run) -> Run:
    """Let a workflow have the folder ``out`` for itself. It is made and locked now, for a fault
    there should not wait for the end of the training, and goes when nothing was written to it."""
    default = inspect.signature(run).parameters["out"].default

    @functools.wraps(run)
    def alone(*given: Any, **settings: Any) -> Any:
        with claimed(Path(settings.pop("out", default))) as out:
            return run(*given, out=out, **settings)

    return cast(Run, alone)


@contextmanager
def claimed(out: Path) -> Iterator[Path]:
    """Make and lock a folder, and finish or remove what was stopped in it.

    Raises
    ------
    FileError
        When nothing can be written there, or another process does.
    """
    with ExitStack() as held:
        try:
            held.enter_context(folders(out))
            held.enter_context(locked(out))
            recover(out)
            for name in _OF_A_STUDY:
                sweep(out / name)
        except OSError as error:
            raise FileError(
                f"Cannot write to {str(out)!r}: {error.strerror or error}.", "Choose another --out."
            ) from error
        yield out


def files_of(model: Model, about: Facts) -> dict[str, bytes]:
    """Return the files of a model, named from the folder of the results."""
    return {f"{MODEL}/{name}": data for name, data in model_files(model, about).items()}
