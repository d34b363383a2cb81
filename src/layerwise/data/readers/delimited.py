"""CSV files: one pass with the standard library's parser, so that a bad row is named and never
shifted."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ..._errors import FileError
from .dataset import listing
from .files import opened

if TYPE_CHECKING:
    import polars as pl

DELIMITERS = (",", ";", "\t", "|")
_CHUNK = 50_000
_LONGEST_LINE = 1 << 26
_UTF8 = "Save it as UTF-8 (in Excel: 'CSV UTF-8')."


def read_csv(path: Path) -> tuple[pl.DataFrame, str]:
    """Return all cells as strings, stripped of surrounding spaces, and the delimiter.

    The delimiter is the one of comma, semicolon, tab and ``|`` that splits the header into most
    parts. Blank lines are passed over. Gzip is recognised by its content.
    """
    import polars as pl

    with opened(path) as stream:
        first, lines = _header_line(path, stream)
        delimiter = _delimiter(path, first)
        records = _records(path, chain([first], lines), delimiter)
        header = _checked_header(path, next(records)[1])
        schema = dict.fromkeys(header, pl.String)
        parts = [
            pl.DataFrame(dict(zip(header, zip(*rows, strict=True), strict=True)), schema)
            for rows in _chunks(path, records, len(header))
        ]
    if not parts:
        raise FileError(f"{str(path)!r} has a header but no rows.", "Add at least one row.")
    return pl.concat(parts, rechunk=True).with_columns(pl.all().str.strip_chars()), delimiter


def _lines(path: Path, stream: BinaryIO) -> Iterator[str]:
    number, start = 0, 0
    while raw := stream.readline(_LONGEST_LINE):
        number += 1
        if number == 1 and raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise FileError(f"{str(path)!r} is UTF-16, not UTF-8 (see its first 2 bytes).", _UTF8)
        if len(raw) == _LONGEST_LINE:
            raise FileError(
                f"{str(path)!r}: line {number} is longer than {_LONGEST_LINE} bytes.",
                "Check that this is a CSV file.",
            )
        at = raw.find(b"\0")
        if at >= 0:
            place = f"line {number}, byte {start + at + 1}"
            raise FileError(
                f"{str(path)!r} holds a NUL byte ({place}): it is not plain text.",
                f"Check that it is a CSV file. {_UTF8}",
            )
        try:
            yield raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            what = f"byte {start + error.start + 1} is 0x{raw[error.start]:02x}"
            raise FileError(
                f"{str(path)!r} is not UTF-8: in line {number}, {what}.", _UTF8
            ) from error
        start += len(raw)


def _header_line(path: Path, stream: BinaryIO) -> tuple[str, Iterator[str]]:
    lines = _lines(path, stream)
    first = next((line for line in lines if line.strip()), None)
    if first is None:
        raise FileError(f"{str(path)!r} is empty.", "It needs a header line and at least one row.")
    return first, lines


def _delimiter(path: Path, first: str) -> str:
    if "\r" in first.rstrip("\r\n"):
        raise FileError(
            f"{str(path)!r}: a carriage return stands inside line 1.",
            "Save it with line ends of LF or CR LF.",
        )
    try:
        return max(
            DELIMITERS,
            key=lambda mark: len(next(csv.reader([first], delimiter=mark, skipinitialspace=True))),
        )
    except csv.Error as error:
        raise FileError(
            f"{str(path)!r}: the header in line 1 cannot be read: {error}.",
            "Check that this is a CSV file.",
        ) from error


def _records(path: Path, lines: Iterator[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the line that it begins in."""
    space = re.compile(
        rf'" +(?={re.escape(delimiter)}|\r?\n|$)'
    )  # the parser allows none after a closing quote
    tidy = (space.sub('"', line) if '" ' in line else line for line in lines)
    reader = csv.reader(tidy, delimiter=delimiter, skipinitialspace=True, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise FileError(
                f"{str(path)!r}: the row that begins in line {line} cannot be read: {error}.",
                "Check its quotes.",
            ) from error
        if record:
            yield line, record


def _chunks(
    path: Path, records: Iterator[tuple[int, list[str]]], width: int
) -> Iterator[list[list[str]]]:
    rows: list[list[str]] = []
    for line, record in records:
        if len(record) != width:
            message = (
                f"{str(path)!r}: line {line} has {len(record)} "
                f"field{'s' * (len(record) != 1)}, the header has {width}."
            )
            raise FileError(
                message,
                "Mend that line: quote cells that hold the delimiter, and keep empty cells.",
            )
        rows.append(record)
        if len(rows) == _CHUNK:
            yield rows
            rows = []
    if rows:
        yield rows


def _checked_header(path: Path, cells: list[str]) -> list[str]:
    header = [cell.strip() for cell in cells]
    empty = [place for place, name in enumerate(header, 1) if not name]
    if empty:
        hint = "Give each column a name (from pandas, write with index=False)."
        raise FileError(
            f"{str(path)!r}: the header has no name for column {empty[0]} of {len(header)}.", hint
        )
    numbers = [str(place) for place in range(len(header) + 1)]
    if all(_is_number(name) for name in header) and (
        len(header) < 2 or header not in (numbers[1:], numbers[:-1])
    ):
        raise FileError(
            f"{str(path)!r} has no header: its first line holds only numbers.",
            "Add a first line with the names of the columns.",
        )
    twice = (
        sorted({name for name in header if header.count(name) > 1})
        if len(set(header)) < len(header)
        else []
    )
    if twice:
        raise FileError(
            f"{str(path)!r}: these names stand more than once in the header: {listing(twice)}.",
            "Rename the columns.",
        )
    return header


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
