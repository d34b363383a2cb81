"""Parts that somebody brings along: a file or a module named by ``--with``, and what installed
packages offer."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path

from .._errors import FileError, LayerwiseError

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
        When one is not there or cannot be imported; says why.
    """
    for point in entry_points(group=GROUP):
        _imported(point.value, f"The entry point {point.name!r} ({point.value})")
    for name in names:
        path = Path(name).expanduser()
        if path.suffix == ".py":
            _file(path.absolute(), name)
        else:
            _imported(name, f"The module {name!r}")


def _file(path: Path, name: str) -> None:
    if not path.is_file():
        raise FileError(f"There is no file {name!r} to take parts from.", "Look at --with.")
    known = sys.modules.get(path.stem)
    if known is not None and Path(getattr(known, "__file__", None) or ".").absolute() != path:
        raise FileError(
            f"{name!r} is called like the module {path.stem!r} that is loaded already.",
            "Give the file another name.",
        )
    sys.path.insert(0, str(path.parent))
    _imported(path.stem, repr(name))


def _imported(module: str, what: str) -> None:
    try:
        importlib.import_module(module)
    except LayerwiseError as error:
        raise type(error)(f"{what}: {error.message}", error.hint) from error
    except Exception as error:
        place = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
        raise FileError(
            f"{what} cannot be imported: {type(error).__name__}: {error}{place}.",
            "Import it in Python to see where it fails.",
        ) from error
