"""Readers of file formats that somebody brings along."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw
from narwhals.typing import IntoDataFrame

from ..._errors import DataError, ParameterError
from ..frames import cells_of
from .dataset import Dataset

if TYPE_CHECKING:
    import polars as pl

Reads = Callable[[Path], IntoDataFrame]
_READERS: dict[str, Reads] = {}


def register_reader(ending: str) -> Callable[[Reads], Reads]:
    """Let files with an ending be read by a function of yours.

    The function is given a path and returns a data frame of any kind: columns of numbers, words or
    truth values, None where a cell is missing. Which column is the target, and what follows from
    it, is the same as for a CSV file.

    Parameters
    ----------
    ending : str
        With its dot, for instance ``".jsonl"``.

    Raises
    ------
    ParameterError
        When the ending has no dot, or has a reader already.

    Examples
    --------
    >>> import polars as pl
    >>> from layerwise import register_reader
    >>> @register_reader(".ndjson")
    ... def read_lines(path):
    ...     return pl.read_ndjson(path)
    """
    from .load import ENDINGS

    if not ending.startswith(".") or len(ending) < 2:
        raise ParameterError(f"An ending begins with a dot. Got {ending!r}.", "For example '.log'.")

    def named(reads: Reads) -> Reads:
        known = _READERS.get(ending.lower())
        same = known is not None and (known.__module__, known.__qualname__) == (
            reads.__module__,
            reads.__qualname__,
        )
        if (ending.lower() in ENDINGS or known is not None) and not same:
            raise ParameterError(
                f"Files that end in {ending!r} have a reader already.", "Choose another ending."
            )
        _READERS[ending.lower()] = reads
        return reads

    return named


def own_reader(path: Path) -> tuple[Callable[[], pl.DataFrame], str] | None:
    """Return what reads a file as a frame, and the file's stem, or None where nobody brought a
    reader."""
    name = path.name.lower()
    found = max((ending for ending in _READERS if name.endswith(ending)), key=len, default=None)
    if found is None:
        return None
    return partial(_frame, _READERS[found], path), path.name[: -len(found)]


def _frame(reads: Reads, path: Path) -> pl.DataFrame:
    import polars as pl

    given = reads(path)
    if isinstance(given, Dataset) or not nw.dependencies.is_into_dataframe(given):
        raise DataError(
            f"The reader {reads.__qualname__} returned {type(given).__name__} for {path.name!r}; "
            "expected a data frame.",
            "Let it return a polars or pandas data frame.",
        )
    frame = nw.from_native(given, eager_only=True)
    columns = {str(name): cells_of(frame.get_column(name)) for name in frame.columns}
    return pl.DataFrame(columns, strict=False)
