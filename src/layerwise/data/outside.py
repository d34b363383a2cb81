"""What lies outside of what was learned is told, by value."""

from __future__ import annotations

import warnings
from collections import Counter

import numpy as np

from .._errors import DataWarning

_SHOWN = 3


def names_of(X: object, numbers: list[str]) -> list[str]:
    """Return what a user calls the number columns: a data frame of nothing but numbers is an array
    inside."""
    given = getattr(X, "given", X)
    names = [str(name) for name in getattr(given, "columns", ())]
    unnamed = numbers == [f"x{i}" for i in range(len(numbers))]
    return names if unnamed and len(names) == len(numbers) else numbers


def tell_outside(sentences: list[str]) -> None:
    """Warn, once for all sentences."""
    if sentences:
        warnings.warn(" ".join(sentences), DataWarning, stacklevel=3)


def unseen(name: str, cells: np.ndarray, levels: list[str], full: bool) -> list[str]:
    """Return a sentence on categories without a column of their own.

    Parameters
    ----------
    name : str
    cells : object array (n,)
    levels : list of str
    full : bool
        Whether rare categories of ``fit`` have no column either.
    """
    known = set(levels)
    counts = Counter(cell for cell in cells.tolist() if cell is not None and cell not in known)
    if not counts:
        return []
    shown = ", ".join(f"{value!r} ({count:,})" for value, count in counts.most_common(_SHOWN))
    more = f" and {len(counts) - _SHOWN} more" if len(counts) > _SHOWN else ""
    seen = "rare or not seen" if full else "not seen"
    total = sum(counts.values())
    rows = f"{total:,} row{'' if total == 1 else 's'}"
    return [
        f"Column {name!r} holds in {rows} a category that was {seen} when the model was fitted: "
        f"{shown}{more}."
    ]
