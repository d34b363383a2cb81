"""Where a row stands, in words."""

from __future__ import annotations

from collections.abc import Callable

Where = Callable[[int], str]


def row_of(row: int) -> str:
    """Return the place of a row in words: rows count from 0, as in every output.

    >>> row_of(3)
    'row 3'
    """
    return f"row {row}"
