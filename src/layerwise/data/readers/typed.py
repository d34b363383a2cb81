"""Tables whose cells have types: JSON lines, ARFF, the first sheet of a workbook."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..._errors import FileError
from ..spelling import column_of, spelled
from .dataset import Dataset
from .files import opened, unreadable
from .header import checked_header
from .tables import from_frame

if TYPE_CHECKING:
    import polars as pl

TYPED = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz", ".arff", ".xlsx", ".xls", ".ods")


def read_typed(path: Path, stem: str, ending: str, **rows: Any) -> Dataset:
    """Return a table of one of the endings ``TYPED``; ``rows`` as in ``from_frame``."""
    kind = ending.split(".")[1]
    frame, notes = _READERS[kind](path)
    return from_frame(frame, stem, **rows).with_notes(notes)


def _json_lines(path: Path) -> tuple[pl.DataFrame, list[str]]:
    import polars as pl

    with opened(path) as stream:
        content = stream.read().removeprefix(b"\xef\xbb\xbf")
    try:
        return _filled(path, pl.read_ndjson(io.BytesIO(content), infer_schema_length=None)), []
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return _line_by_line(
            path, content
        ), []  # NaN, true beside numbers, or a fault with its line


def _line_by_line(path: Path, content: bytes) -> pl.DataFrame:
    """Return lines as Python's own parser reads them, which takes NaN and says where it stops."""
    import polars as pl

    rows: list[dict[str, Any]] = []
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise _no_lines(path, f"line {number}: {error}") from error
        if isinstance(row, list):
            raise FileError(
                f"{str(path)!r} is one JSON array, not a line for each object.",
                f"Write it as lines: jq -c '.[]' {path.name} > {path.stem}-lines.jsonl",
            )
        if not isinstance(row, dict):
            raise _no_lines(path, f"line {number} holds {type(row).__name__}")
        rows.append(row)
    if not rows:
        raise _no_lines(path, "there is no line")
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = {name: [row.get(name) for row in rows] for name in names}
    known = {
        name: [None if isinstance(c, float) and c != c else c for c in column]
        for name, column in cells.items()
    }
    return pl.DataFrame([column_of(name, column) for name, column in known.items()])


def _no_lines(path: Path, reason: str) -> FileError:
    return FileError(
        f"{str(path)!r} cannot be read as JSON lines: {reason}.",
        'Each line must be one object, such as {"a": 1, "y": "yes"}.',
    )


def _arff(path: Path) -> tuple[pl.DataFrame, list[str]]:
    import polars as pl
    from scipy.io import arff

    limit = csv.field_size_limit()  # scipy changes it for the whole process
    try:
        with opened(path) as stream:
            data, meta = arff.loadarff(io.StringIO(stream.read().decode("utf-8")))
    except UnicodeDecodeError as error:
        raise FileError(f"{str(path)!r} is not UTF-8.", "Save it as UTF-8.") from error
    except NotImplementedError as error:
        raise FileError(
            f"{str(path)!r}: {error}.",
            "Write it as CSV: java weka.core.converters.CSVSaver -i "
            f"{path.name} -o {path.stem}.csv",
        ) from error
    except (arff.ArffError, ValueError, StopIteration, IndexError, OSError) as error:
        reason = (str(error).splitlines() or ["it has no header"])[0].rstrip(".")
        raise FileError(
            f"{str(path)!r} cannot be read as ARFF: {reason}.",
            "Numeric and nominal attributes in plain words can be read; others, as CSV: "
            f"java weka.core.converters.CSVSaver -i {path.name} -o {path.stem}.csv",
        ) from error
    finally:
        csv.field_size_limit(limit)
    columns: list[Any] = []
    for name in meta.names():
        cells = data[name]
        if meta[name][0] == "nominal":
            texts = [cell.decode("utf-8") for cell in cells]
            known = [None if text == "?" else text for text in texts]
            columns.append(pl.Series(name, known, pl.String).cast(pl.Categorical))
        else:
            columns.append(pl.Series(name, cells))
    return _filled(path, pl.DataFrame(columns)), []


def _workbook(path: Path) -> tuple[pl.DataFrame, list[str]]:
    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ImportError as error:
        raise FileError(
            f"{str(path)!r} is a workbook, and nothing that reads one is installed.",
            "pip install 'layerwise[excel]', or save the sheet as 'CSV UTF-8'.",
        ) from error
    import polars as pl

    try:
        book = CalamineWorkbook.from_path(str(path))
        names = book.sheet_names
        rows = book.get_sheet_by_index(0).to_python(skip_empty_area=True)
    except (CalamineError, OSError, IndexError) as error:
        if isinstance(error, OSError) and error.strerror:
            raise unreadable(path, error) from error
        raise FileError(
            f"{str(path)!r} cannot be read as a workbook: {error}.", "Save it again."
        ) from error
    while rows and all(cell == "" for cell in rows[-1]):
        rows.pop()
    if len(rows) < 2:
        raise FileError(
            f"{str(path)!r}: the sheet {names[0]!r} has {len(rows)} rows.",
            "It needs a first row with the names of the columns, and at least one more.",
        )
    header = checked_header(path, [spelled(cell) for cell in rows[0]])
    columns = []
    for place, name in enumerate(header):
        cells = [_cell(row[place]) for row in rows[1:]]
        if name:
            columns.append(column_of(name, cells))
        elif any(cell is not None for cell in cells):
            raise FileError(
                f"{str(path)!r}: column {place + 1} of the sheet {names[0]!r} has no name.",
                "Give each column a name in the first row.",
            )
    left = f"; {len(names) - 1} more were not" if len(names) > 1 else ""
    return _filled(path, pl.DataFrame(columns)), [f"The sheet {names[0]!r} was read{left}."]


def _cell(cell: Any) -> Any:
    """Return a cell, None where it is empty; a day as the text that a CSV file would have."""
    if isinstance(cell, str):
        text = cell.strip()
        return text or None
    return (
        cell.isoformat(" ")
        if hasattr(cell, "hour") and hasattr(cell, "day")
        else (cell.isoformat() if hasattr(cell, "isoformat") else cell)
    )


def _filled(path: Path, frame: pl.DataFrame) -> pl.DataFrame:
    if frame.height == 0 or frame.width == 0:
        raise FileError(
            f"{str(path)!r} holds {frame.height} rows and {frame.width} columns.",
            "There must be at least one of each.",
        )
    return frame


_READERS: dict[str, Callable[[Path], tuple[Any, list[str]]]] = {
    "jsonl": _json_lines,
    "ndjson": _json_lines,
    "arff": _arff,
    "xlsx": _workbook,
    "xls": _workbook,
    "ods": _workbook,
}
