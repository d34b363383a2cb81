"""Rows that come through a pipe."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..._errors import FileError

STANDARD_INPUT = "-"
# What a form begins with; everything else is taken for a CSV file
_BEGINNINGS = ((b"PAR1", ".parquet"), (b"\x93NUMPY", ".npy"), (b"PK\x03\x04", ".npz"))


@contextmanager
def from_standard_input() -> Iterator[Path]:
    """Yield the path of a file that holds what stands on standard input, for as long as it is
    read.

    Raises
    ------
    FileError
        When there is nothing, or a person sits at the other end.
    """
    if sys.stdin is None or sys.stdin.isatty():
        raise FileError(
            "'-' reads the data from standard input, and nothing is piped there.",
            "For example: cat rows.csv | layerwise fit - --target y",
        )
    with tempfile.TemporaryDirectory(prefix="layerwise-") as folder:
        raw = Path(folder) / "stdin"
        with open(raw, "wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file, 1 << 20)
        with open(raw, "rb") as file:
            head = file.read(8)
        if not head:
            raise FileError("Standard input is empty.", "Pipe a CSV or a Parquet file into it.")
        ending = next((end for begins, end in _BEGINNINGS if head.startswith(begins)), ".csv")
        yield raw.rename(raw.with_suffix(ending))
