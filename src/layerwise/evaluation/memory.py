"""The most memory a process has held for a while."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass
class Peak:
    """``bytes`` is None until the block ends, and where the system does not tell."""

    bytes: int | None = None


@contextlib.contextmanager
def peak_memory() -> Iterator[Peak]:
    """Measure the largest resident memory of this process inside the block: libraries and data
    included.

    On Linux the kernel's high-water mark is set back first; elsewhere the mark is that of the whole
    life of the process.
    """
    peak = Peak()
    with contextlib.suppress(OSError):
        _CLEAR.write_text("5")
    try:
        yield peak
    finally:
        peak.bytes = _high_water()


def _high_water() -> int | None:
    try:
        for line in _STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        import resource
    except ImportError:  # Windows
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (
        1 if sys.platform == "darwin" else 1024
    )
