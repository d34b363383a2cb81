"""What each column of a frame is for: numbers, categories, texts, or nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .frames import Frame


@dataclass(frozen=True)
class Roles:
    """The columns by what they are for.

    Parameters
    ----------
    numbers : list of str
    levels : dict of str to list of str
        Categories, with the levels that have a feature of their own, sorted.
    constants : dict of str to value
        Of the columns that are dropped: the one value that they hold, None where they hold none.
    texts : list of str
        Columns of free text.
    """

    numbers: list[str]
    levels: dict[str, list[str]]
    constants: dict[str, Any]
    texts: list[str] = field(default_factory=list)

    @property
    def dropped(self) -> list[str]:
        """The columns that tell nothing."""
        return list(self.constants)

    def told(self) -> list[str]:
        """Return a sentence on what was dropped."""
        if not self.constants:
            return []
        shown = ", ".join(map(repr, self.dropped[:5])) + ", ..." * (len(self.constants) > 5)
        return [f"Dropped {len(self.constants)} constant or empty column(s): {shown}."]


def roles_of(table: Frame, most: int) -> Roles:
    """Return what the columns of a frame are for; a category has at most ``most`` levels, the most
    frequent ones."""
    roles = Roles([], {}, {})
    for name in table.columns:
        values = table.numbers.get(name)
        if values is not None:
            _number(roles, name, values)
        elif name in table.free and any(cell is not None for cell in table.texts[name]):
            roles.texts.append(name)
        else:
            _category(roles, name, table.texts[name], most)
    return roles


def _number(roles: Roles, name: str, values: np.ndarray) -> None:
    present = values[~np.isnan(values)]
    if not len(present):
        roles.constants[name] = None
    elif len(present) == len(values) and (present == present[0]).all():
        roles.constants[name] = float(present[0])
    else:
        roles.numbers.append(name)


def _category(roles: Roles, name: str, cells: np.ndarray, most: int) -> None:
    counts = Counter(cell for cell in cells.tolist() if cell is not None)
    if not counts:
        roles.constants[name] = None
    elif len(counts) == 1 and counts.total() == len(cells):
        roles.constants[name] = next(iter(counts))
    else:
        frequent = sorted(counts, key=lambda level: (-counts[level], level))
        roles.levels[name] = sorted(frequent[:most])


def one_hot(cells: np.ndarray, levels: list[str]) -> np.ndarray:
    """Return a category as float32 ``(n, levels + 1)``: the last one is for any other level; a
    missing cell has none."""
    position = {level: i for i, level in enumerate(levels)}
    result = np.zeros((len(cells), len(levels) + 1), dtype=np.float32)
    numbers = (-1 if cell is None else position.get(cell, len(levels)) for cell in cells)
    places = np.fromiter(numbers, np.int64, len(cells))
    known = np.flatnonzero(places >= 0)
    result[known, places[known]] = 1.0
    return result


def known_cells(cells: np.ndarray, levels: list[str]) -> np.ndarray:
    """Return which features of a category were observed, bool ``(n, levels + 1)``."""
    there = np.array([cell is not None for cell in cells], dtype=bool)
    return np.repeat(there[:, None], len(levels) + 1, axis=1)
