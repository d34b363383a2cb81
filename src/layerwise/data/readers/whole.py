"""The cells of a table as they were given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .delimited import read_delimited
from .tables import is_parquet

if TYPE_CHECKING:
    import polars as pl

_TEXT = (".csv", ".csv.gz", ".txt", ".data")


def cells_of(data: str, rows: int) -> pl.DataFrame | None:
    """Return the cells of a table as texts, nothing left out; None where the data are no single
    table file of so many rows whose cells mean the same between commas.

    With another delimiter than the comma, a comma in a cell may stand for a decimal point.
    """
    import polars as pl

    path = Path(data)
    if not path.is_file():
        return None
    if is_parquet(path):
        frame = pl.read_parquet(path, glob=False, hive_partitioning=False)
        if any(dtype.is_nested() or dtype == pl.Binary for dtype in frame.dtypes):
            return None
        frame = frame.with_columns(pl.all().cast(pl.String))
    elif path.name.lower().endswith(_TEXT):
        cells = read_delimited([path])
        if cells.delimiter != ",":
            return None
        frame = cells.frame
    else:
        return None
    return frame if frame.height == rows else None
