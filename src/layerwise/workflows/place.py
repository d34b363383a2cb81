"""Where results go."""

from __future__ import annotations

import tempfile
from pathlib import Path

from .._errors import FileError


def writable(out: Path) -> Path:
    """Make the folder for the results now: a fault there should not wait for the end of the
    training.

    Raises
    ------
    FileError
        When nothing can be written there.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise FileError(
            f"Cannot write to {str(out)!r}: {error.strerror or error}.", "Choose another --out."
        ) from error
    return out
