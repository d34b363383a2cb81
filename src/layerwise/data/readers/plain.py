"""Text files in which nothing has to be explained: polars splits them."""

from __future__ import annotations

import csv
from array import array
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


def plain_rows(body: bytes, delimiter: str, header: list[str]) -> pl.DataFrame | None:
    """Return the cells of what follows a header, columns called 0, 1, ...; or None where the strict
    parser has something to say.

    That is so with quotes, NUL bytes, lone carriage returns, blank lines, empty rows, the header
    again, another number of cells in a line, or what is no UTF-8. A line with too many cells is an
    error to polars; where there is none, as many delimiters as there should be mean that no line
    has too few.
    """
    import polars as pl

    width, mark = len(header), delimiter.encode()
    if width < 2 or not body or any(odd in body for odd in (b'"', b"\0", b"\n\n", b"\n\r\n")):
        return None
    if body.startswith((b"\n", b"\r")) or body.count(b"\r") != body.count(b"\r\n"):
        return None
    lines = body.count(b"\n") + (not body.endswith(b"\n"))
    if body.count(mark) != (width - 1) * lines:
        return None
    try:
        rows = pl.read_csv(
            body,
            has_header=False,
            separator=delimiter,
            quote_char=None,
            schema={str(i): pl.String for i in range(width)},
        ).with_columns(pl.all().fill_null("").str.strip_chars())
    except (pl.exceptions.PolarsError, UnicodeDecodeError):
        return None
    if rows.height != lines or _has_odd_rows(rows, header):
        return None
    return rows


def _has_odd_rows(rows: pl.DataFrame, header: list[str]) -> bool:
    """Say whether a row is empty, or the header again, or a cell is longer than the strict parser
    takes."""
    import polars as pl

    names = [cell.strip() for cell in header]
    empty = pl.all_horizontal(pl.all() == "")
    again = pl.all_horizontal(*(pl.col(str(i)) == name for i, name in enumerate(names)))
    long = pl.any_horizontal(pl.all().str.len_bytes() > csv.field_size_limit())
    return bool(rows.select((empty | again | long).any()).item())


def numbered(first: int, rows: int) -> array[int]:
    """Return the lines in which rows stand, one a line."""
    return array("Q", range(first, first + rows))
