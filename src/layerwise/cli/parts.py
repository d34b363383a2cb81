"""Parts that somebody brings along: a file or a module named by ``--with``, and what installed
packages offer."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path

from .._errors import FileError, LayerwiseError
from .._text import printable

GROUP = "layerwise.parts"


def load_parts(names: Sequence[str]) -> None:
    """Import the modules that register stages, objectives, schedules, recipes, readers, baselines.

    Modules of installed packages are those of the entry points in the group ``layerwise.parts``.
    The folder of a file is where Python looks for modules then, so that the workers of a study find
    it too.

    Parameters
    ----------
    names : sequence of str
        Python files, or modules that can be imported.

    Raises
    ------
    FileError
        When one is not there or cannot be imported; says why. What an installed package offers
        and cannot be imported is left out with a line on standard error.
    """
    for point in entry_points(group=GROUP):
        try:
            point.load()
        except Exception as error:
            told = f"The parts of the installed {point.name!r} ({point.value}) are left out"
            words = f"layerwise: {told}: {type(error).__name__}: {error}"
            print(printable(words), file=sys.stderr)
    for name in names:
        path = Path(name).expanduser()
        if path.suffix == ".py":
            _file(path.absolute(), name)
        else:
            _imported(f"The module {name!r}", partial(importlib.import_module, name))


def _file(path: Path, name: str) -> None:
    """Run a file as the module of its name, and let the workers of a study find it."""
    if not path.is_file():
        raise FileError(f"There is no file {name!r} to take parts from.", "Look at --with.")
    stem = path.stem
    if not stem.isidentifier():
        raise FileError(
            f"{name!r} cannot be a module: {stem!r} is no name in Python.",
            "Call the file by letters, digits and underscores.",
        )
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))  # last: no other file there stands before a library
    known = sys.modules.get(stem)
    if known is not None and Path(getattr(known, "__file__", None) or ".").absolute() == path:
        return
    spec = importlib.util.find_spec(stem)
    if known is not None or spec is None or Path(spec.origin or ".").absolute() != path:
        raise FileError(
            f"{name!r} is called like the module {stem!r} that is installed or loaded already.",
            "Give the file another name.",
        )
    _imported(repr(name), partial(importlib.import_module, stem))


def _imported(what: str, load: Callable[[], object]) -> None:
    try:
        load()
    except LayerwiseError as error:
        raise type(error)(f"{what}: {error.message}", error.hint) from error
    except Exception as error:
        place = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
        raise FileError(
            f"{what} cannot be imported: {type(error).__name__}: {error}{place}.",
            "Import it in Python to see where it fails.",
        ) from error
