"""CSV files: polars splits those in which every line is a row; all others are read with the
standard library's parser, so that a bad row is named and never shifted."""

from __future__ import annotations

import csv
import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ..._errors import FileError
from .files import opened
from .header import checked_header, trimmed
from .parquet import partition_columns, partition_notes
from .plain import numbered, plain_rows

if TYPE_CHECKING:
    import polars as pl

DELIMITERS = (",", ";", "\t", "|")
_CHUNK = 50_000
_LONGEST_LINE = 1 << 26
_EXCEL = re.compile(r"sep=([,;|\t])")
_UTF8 = "Save it as UTF-8 (in Excel: 'CSV UTF-8')."


@dataclass(frozen=True, eq=False)
class Delimited:
    """The cells of a text file, or of several with one header, all of them text.

    Parameters
    ----------
    frame : polars.DataFrame of strings
        Without surrounding spaces.
    delimiter : str
    lines : tuple of (name, array)
        For each file the line in which each row begins.
    notes : tuple of str
        On rows that were left out.
    """

    frame: pl.DataFrame
    delimiter: str
    lines: tuple[tuple[str, array[int]], ...]
    notes: tuple[str, ...] = ()

    def where(self, row: int) -> str:
        """Return the place of a row in words: its number from 0, and its line."""
        starts = [0, *accumulate(len(lines) for _, lines in self.lines)]
        part = min(bisect_right(starts, row), len(self.lines)) - 1
        name, lines = self.lines[part]
        of = f" of {name!r}" if len(self.lines) > 1 else ""
        return f"row {row} (line {lines[row - starts[part]]}{of})"


def read_delimited(paths: Sequence[Path], root: Path | None = None) -> Delimited:
    """Return the rows of some files, one after the other; all must have the same header.

    The delimiter is the one of comma, semicolon, tab and ``|`` that splits the header into most
    parts. Blank lines are passed over; empty rows at the end and repeated headers are left out with
    a note. Gzip is recognised by its content.
    """
    import polars as pl

    parts = [_read(path) for path in paths]
    first = parts[0]
    for path, part in zip(paths[1:], parts[1:], strict=True):
        if part.frame.columns != first.frame.columns:
            raise FileError(
                f"{str(path)!r} has the columns {part.frame.columns}, {str(paths[0])!r} "
                f"{first.frame.columns}.",
                "Files that are read together must have one header.",
            )
    frame = pl.concat([part.frame for part in parts], rechunk=True)
    rows = [part.frame.height for part in parts]
    keys = partition_columns(list(paths), root, rows, frame.columns)
    return Delimited(
        frame.with_columns(keys),
        first.delimiter,
        tuple(pair for part in parts for pair in part.lines),
        (*(note for part in parts for note in part.notes), *partition_notes(keys)),
    )


def _read(path: Path) -> Delimited:
    return _plainly(path) or _strictly(path)


def _plainly(path: Path) -> Delimited | None:
    """Return the rows of a file in which nothing has to be explained, else None."""
    with opened(path) as stream:
        raw = stream.readline(_LONGEST_LINE)
        if not raw.endswith(b"\n") or _kind_of(raw) or b"\0" in raw or b'"' in raw:
            return None
        try:
            first = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            return None
        if not first.strip() or _EXCEL.fullmatch(first.strip()):
            return None
        delimiter = _delimiter(path, first)
        names = _split(first.rstrip("\r\n"), delimiter)
        rows = plain_rows(stream.read(), delimiter, names)
    if rows is None:
        return None
    frame, notes = trimmed(path, checked_header(path, names), rows)
    return Delimited(frame, delimiter, ((path.name, numbered(2, rows.height)),), tuple(notes))


def _strictly(path: Path) -> Delimited:
    import polars as pl

    with opened(path) as stream:
        first, lines = _header_line(path, stream)
        begins, said = 1, _EXCEL.fullmatch(first.strip())
        if said is not None:  # Excel's own line, which says the delimiter
            begins, first = 2, next(lines, "")
        delimiter = said[1] if said is not None else _delimiter(path, first)
        records = _records(path, chain([first], lines), delimiter, begins)
        raw = next(records)[1]
        header, rows = checked_header(path, raw), _Rows(path, raw)
        parts = [
            pl.DataFrame(
                [
                    pl.Series(str(i), cells, pl.String)
                    for i, cells in enumerate(zip(*chunk, strict=True))
                ]
            )
            for chunk in rows.chunks(records)
        ]
    if not parts or not rows.lines:
        raise FileError(f"{str(path)!r} has a header but no rows.", "Add at least one row.")
    whole = pl.concat(parts, rechunk=True).with_columns(pl.all().str.strip_chars())
    frame, notes = trimmed(path, header, whole)
    return Delimited(frame, delimiter, ((path.name, rows.lines),), (*rows.notes(), *notes))


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
        if number == 1 and (kind := _kind_of(raw)):
            raise FileError(
                f"{str(path)!r} is {kind[0]} by its content, not text.", f"Call it {kind[1]}."
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


def _kind_of(head: bytes) -> tuple[str, str] | None:
    """Return what a file is that is called a text file, and its usual ending."""
    if head.startswith(b"PAR1"):
        return "a Parquet file", ".parquet"
    if head.startswith(b"PK\x03\x04"):
        return (
            ("a workbook", ".xlsx") if b"xl/" in head or b"[Content" in head else ("a zip", ".zip")
        )
    return ("a NumPy file", ".npy") if head.startswith(b"\x93NUMPY") else None


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
        best = max(DELIMITERS, key=lambda mark: len(_split(first, mark)))
        alone = len(_split(first, best)) == 1
    except csv.Error as error:
        raise FileError(
            f"{str(path)!r}: the header in line 1 cannot be read: {error}.",
            "Check that this is a CSV file.",
        ) from error
    if first.lstrip().startswith("#"):
        raise FileError(
            f"{str(path)!r}: line 1 is a comment ({first.strip()[:40]!r}).",
            f"Take comments out: grep -v '^#' {path.name} > {path.stem}-rows.csv",
        )
    if alone and len(first.split()) > 2 and '"' not in first:
        raise FileError(
            f"{str(path)!r}: the cells of line 1 are parted by spaces, or by nothing "
            f"({first.strip()[:40]!r}).",
            f"Part them by commas: tr -s ' \\t' ',' < {path.name} > {path.stem}-commas.csv",
        )
    return best


def _split(line: str, mark: str) -> list[str]:
    return next(csv.reader([line], delimiter=mark, skipinitialspace=True))


def _records(
    path: Path, lines: Iterator[str], delimiter: str, begins: int
) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the line that it begins in; blank lines have no cell."""
    space = re.compile(
        rf'" +(?={re.escape(delimiter)}|\r?\n|$)'
    )  # the parser allows none after a closing quote
    tidy = (space.sub('"', line) if '" ' in line else line for line in lines)
    reader = csv.reader(tidy, delimiter=delimiter, skipinitialspace=True, strict=True)
    while True:
        line = reader.line_num + begins
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise FileError(
                f"{str(path)!r}: the row that begins in line {line} cannot be read: {error}.",
                "Check its quotes.",
            ) from error
        yield line, record


class _Rows:
    """The records that are rows: of the header's width, without its repetitions and without empty
    ones at the end."""

    def __init__(self, path: Path, header: list[str]) -> None:
        self.path, self.width = path, len(header)
        self.header = [cell.strip() for cell in header]
        self.lines: array[int] = array("Q")
        self.repeated, self.empty = 0, 0

    def chunks(self, records: Iterator[tuple[int, list[str]]]) -> Iterator[list[list[str]]]:
        """Yield rows, many at once."""
        rows: list[list[str]] = []
        held: list[int] = []  # lines of empty rows, until a row follows
        cells = 0  # of them, those that are more than a blank line
        for line, record in records:
            if not record and self.width > 1:
                continue
            if not any(cell.strip() for cell in record):
                held.append(line)
                cells += bool(record)
                continue
            if [cell.strip() for cell in record] == self.header:
                self.repeated += 1
                continue
            for gone in held:
                self._add(rows, gone, [""] * self.width)
            held, cells = [], 0
            self._add(rows, line, record)
            if len(rows) >= _CHUNK:
                yield rows
                rows = []
        if not self.lines:  # nothing but empty rows: somebody means them
            for gone in held:
                self._add(rows, gone, [""] * self.width)
            cells = 0
        self.empty = cells
        if rows:
            yield rows

    def _add(self, rows: list[list[str]], line: int, record: list[str]) -> None:
        if len(record) != self.width:
            message = (
                f"{str(self.path)!r}: line {line} has {len(record)} "
                f"field{'s' * (len(record) != 1)}, the header has {self.width}."
            )
            hint = "Mend that line: quote cells that hold the delimiter, and keep empty cells."
            if len(record) == self.width + 1 and not self.lines:
                hint = (
                    "If every row has one cell more (names of rows, as R writes them), begin the "
                    "header with a name for them; else mend that line."
                )
            raise FileError(message, hint)
        rows.append(record)
        self.lines.append(line)

    def notes(self) -> list[str]:
        """Return what was left out."""
        many = "s were" if self.repeated > 1 else " was"
        result = []
        if self.repeated:
            result.append(
                f"{self.repeated} line{many} left out of {self.path.name!r}: the header again, as "
                "joined files have it."
            )
        many = "s" if self.empty > 1 else ""
        if self.empty:
            result.append(
                f"{self.empty} empty row{many} at the end of {self.path.name!r} "
                f"{'were' if many else 'was'} left out."
            )
        return result
