"""Parquet: one file, or several of the same columns."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote

from ..._errors import FileError, did_you_mean
from .files import unreadable

if TYPE_CHECKING:
    import polars as pl

T = TypeVar("T")
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"


def read_parquet(paths: list[Path], root: Path | None = None) -> tuple[pl.DataFrame, list[str]]:
    """Return the rows of some Parquet files, one after the other, and notes; all must have the same
    columns and types.

    Folders that are called ``key=value`` give a column, as partitioned data sets are written.
    """
    import polars as pl

    schemas = [_schema(path) for path in paths]
    for path, schema in zip(paths[1:], schemas[1:], strict=True):
        _same(paths[0], schemas[0], path, schema)
    frames = [
        _guarded(path, partial(pl.read_parquet, path, glob=False, hive_partitioning=False))
        for path in paths
    ]
    frame = (
        frames[0]
        if len(frames) == 1
        else pl.concat([part.select(frames[0].columns) for part in frames], how="vertical_relaxed")
    )
    if frame.height == 0 or frame.width == 0:
        raise FileError(
            f"{str(paths[0])!r} holds {frame.height} rows and {frame.width} columns.",
            "There must be at least one of each.",
        )
    keys = partition_columns(paths, root, [part.height for part in frames], frame.columns)
    return frame.with_columns(keys), partition_notes(keys)


def partition_notes(keys: list[pl.Series]) -> list[str]:
    """Return a note on each column that came from the names of folders."""
    return [
        f"Column {series.name!r} was read from the names of the folders "
        f"({series.name}={series[0]})."
        for series in keys
    ]


def partition_columns(
    paths: list[Path], root: Path | None, rows: list[int], known: list[str]
) -> list[pl.Series]:
    """Return the columns that ``key=value`` in the names of the folders below a root says; one that
    the files hold themselves is not made."""
    import polars as pl

    parts = [dict(_pairs(path, root)) for path in paths]
    names = [name for name in dict.fromkeys(n for part in parts for n in part) if name not in known]
    return [
        pl.Series(
            name,
            [part.get(name) for part, count in zip(parts, rows, strict=True) for _ in range(count)],
            pl.String,
        )
        for name in names
    ]


def _pairs(path: Path, root: Path | None) -> list[tuple[str, str | None]]:
    if root is None or not path.is_relative_to(root):
        return []
    split = [part.split("=", 1) for part in path.relative_to(root).parts[:-1] if "=" in part]
    pairs = [(unquote(key), unquote(value)) for key, value in split if key]
    return [(key, None if value == _NO_VALUE else value) for key, value in pairs]


def _schema(path: Path) -> dict[str, pl.DataType]:
    import polars as pl

    try:
        with open(path, "rb") as stream:
            head = stream.read(4)
            stream.seek(-4 if head else 0, 2)
            tail = stream.read(4)
    except OSError as error:
        raise unreadable(path, error) from error
    if head != b"PAR1":
        raise FileError(
            f"{str(path)!r} is not a Parquet file: it begins with {head!r}, not b'PAR1'.",
            "Check its ending, or write it again.",
        )
    if tail != b"PAR1":
        raise FileError(
            f"{str(path)!r} is truncated: its last 4 bytes are not b'PAR1'.",
            "Copy or write it again.",
        )
    return _guarded(path, lambda: pl.read_parquet_schema(path))


def _guarded(path: Path, read: Callable[[], T]) -> T:
    import polars as pl

    try:
        return read()
    except (
        pl.exceptions.PolarsError,
        pl.exceptions.PanicException,
        OSError,
        OverflowError,
        ValueError,
    ) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise FileError(
            f"{str(path)!r} is damaged: {reason}.", "Copy or write it again."
        ) from error


def _same(
    first: Path, expected: dict[str, pl.DataType], path: Path, got: dict[str, pl.DataType]
) -> None:
    import polars as pl

    for name in expected:
        if name not in got:
            raise FileError(
                f"{str(path)!r} has no column {name!r}, which {first.name!r} has.",
                did_you_mean(name, got),
            )
    for name, kind in got.items():
        if name not in expected:
            raise FileError(
                f"{str(path)!r} has a column {name!r}, which {first.name!r} has not.",
                did_you_mean(name, expected),
            )
        if kind != expected[name] and pl.Null not in (kind, expected[name]):
            raise FileError(
                f"Column {name!r} is {kind} in {str(path)!r}, but {expected[name]} in "
                f"{first.name!r}.",
                "Write all files with the same types.",
            )
