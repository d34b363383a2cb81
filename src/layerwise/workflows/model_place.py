"""Where a model lies: the folder that was named, or the one that ``fit`` made inside it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from .._errors import ModelError, did_you_mean
from ..artifacts.format import DESCRIPTION

MODEL = "model"  # where fit writes it, inside --out


def model_folder(given: str, say: Callable[[str], None] = lambda note: None) -> str:
    """Return the folder of a model; one inside the folder that was named is taken, and said.

    Raises
    ------
    ModelError
        When there is none; names the closest.
    """
    folder = Path(os.path.expanduser(given))
    try:
        if (folder / DESCRIPTION).exists():
            return str(folder)
        for inside in (folder / MODEL, *([folder.parent] if folder.name == DESCRIPTION else [])):
            if (inside / DESCRIPTION).is_file():
                say(f"The model is taken from {str(inside)!r}.")
                return str(inside)
        if folder.is_dir() or not given:
            return given  # whoever reads it says what is wrong
        near = _models_near(folder)
    except OSError:
        return given
    hint = "Give the folder that save or --out wrote."
    what = "a file" if folder.exists() else "not there"
    raise ModelError(
        f"{given!r} is no model folder: it is {what}.",
        f"Did you mean {near[0]!r}?" if len(near) == 1 else _closest(str(folder), near) or hint,
    )


def _closest(folder: str, near: list[str]) -> str:
    return did_you_mean(folder, near) if near else ""


def _models_near(folder: Path) -> list[str]:
    """Return the model folders beside a place, and those that fits beside it wrote."""
    parent = folder.parent
    if not parent.is_dir():
        parent = parent.parent
    found = []
    for item in sorted(parent.iterdir())[:1000]:
        for place in (item, item / MODEL):
            if (place / DESCRIPTION).is_file():
                found.append(str(place))
    return found
