"""Columns as CSV text: what is written reads back as the same values."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from .._durable import write_text

Columns: TypeAlias = dict[str, np.ndarray | list[Any]]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# What begins with a sign and computes nothing: signs alone, and numbers.
_HARMLESS = re.compile(r"[+-]+(\d[\d_ ]*([.,]\d+)*|[.,]\d+)?([eE][+-]?\d+)?")


def write_columns(columns: Columns, place: Path | None, *, raw: bool = False) -> str | None:
    """Write columns as CSV to a file, or return the text.

    A number is the shortest text that reads back as the same number of its own type; one that is
    missing (NaN) is an empty cell. A text cell that a spreadsheet would take for a formula gets a
    leading apostrophe, unless ``raw``; signs alone and numbers (``+``, ``-1``) are no formula.
    """
    lines = [_line([_cell(name, raw) for name in columns])]
    lines += [
        _line([_cell(value, raw) for value in row]) for row in zip(*columns.values(), strict=True)
    ]
    text = "".join(lines)
    if place is None:
        return text
    write_text(place, text)
    return None


def _line(cells: Sequence[object]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(cells)  # ends in \r\n, so that cells with either are quoted
    return buffer.getvalue()[:-2] + "\n"


def _cell(value: object, raw: bool) -> object:
    if isinstance(value, (float, np.floating)):
        return "" if value != value else str(value)  # of numpy's numbers in their own type
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, str) and not raw and _is_formula(value):
        return f"'{value}"
    return value


def _is_formula(text: str) -> bool:
    """Say whether a spreadsheet would compute a cell.

    >>> [_is_formula(text) for text in ("+", "-1.5", "-b", "=cmd()", "cat")]
    [False, False, True, True, False]
    """
    return text.startswith(_FORMULA) and not _HARMLESS.fullmatch(text)
