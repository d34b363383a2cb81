"""Columns as CSV text: what is written reads back as the same values."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from .._durable import sweep, write_text

Columns: TypeAlias = dict[str, np.ndarray | list[Any]]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# What begins with a sign and computes nothing: signs alone, and numbers
_HARMLESS = re.compile(r"[+-]+(\d[\d_ ]*([.,]\d+)*|[.,]\d+)?([eE][+-]?\d+)?")
# A class is a name and keeps its spelling, unless it would call or refer to something
_NAME = re.compile(r"[+-]+(?![A-Za-z]{1,3}\d)[\w .,%]*")
CLASSES = ("prediction",)  # the columns that hold classes


def write_columns(
    columns: Columns, place: Path | None, *, raw: bool = False, mode: int = 0o666
) -> str | None:
    """Write columns as CSV to a file, or return the text.

    A number is the shortest text that reads back as the same number of its own type; one that is
    missing (NaN) is an empty cell. A text cell that a spreadsheet would take for a formula gets a
    leading apostrophe, unless ``raw``; signs and numbers (``+``, ``-1``) are none, nor are classes
    such as ``-ve``. ``mode`` says who may read the file, as far as the process allows it.
    """
    lines = [_line([_cell(name, raw) for name in columns])]
    named = [name in CLASSES for name in columns]
    lines += [
        _line([_cell(value, raw, name) for value, name in zip(row, named, strict=True)])
        for row in zip(*columns.values(), strict=True)
    ]
    text = "".join(lines)
    if place is None:
        return text
    write_text(place, text, mode)
    sweep(place.parent)
    return None


def _line(cells: Sequence[object]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(cells)  # ends in \r\n, so that cells with either are quoted
    return buffer.getvalue()[:-2] + "\n"


def _cell(value: object, raw: bool, is_class: bool = False) -> object:
    if isinstance(value, (float, np.floating)):
        return "" if value != value else str(value)  # of numpy's numbers in their own type
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, str) and not raw and _is_formula(value, is_class):
        return f"'{value}"
    return value


def _is_formula(text: str, is_class: bool = False) -> bool:
    """Say whether a spreadsheet would compute a cell.

    >>> [_is_formula(text) for text in ("+", "-1.5", "-b", "=cmd()", "cat")]
    [False, False, True, True, False]
    >>> [_is_formula(text, is_class=True) for text in ("-ve", "-A1", "-b()")]
    [False, True, True]
    """
    if not text.startswith(_FORMULA) or _HARMLESS.fullmatch(text):
        return False
    return not (is_class and _NAME.fullmatch(text))
