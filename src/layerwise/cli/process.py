"""Settings of the process that PyTorch reads once, when it is loaded."""

from __future__ import annotations

import contextlib
import ctypes
import os

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of glibc's mallopt
_BYTES = 2**30
_SPINS = "3000"


def tune_process() -> None:
    """Let waiting threads sleep soon, and keep freed memory for the next step.

    Threads that spin for long while another program wants their core halve the speed of both;
    threads that never spin halve it on small networks. Buffers of some megabytes, freed and mapped
    afresh at every step, cost 2,000 page faults and a seventh of the step. What the user has set
    stands.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", _SPINS)
    if "MALLOC_TRIM_THRESHOLD_" in os.environ or "MALLOC_MMAP_THRESHOLD_" in os.environ:
        return
    with contextlib.suppress(OSError, AttributeError):  # another C library than glibc
        libc = ctypes.CDLL(None)
        libc.mallopt(_TRIM_THRESHOLD, _BYTES)
        libc.mallopt(_MMAP_THRESHOLD, _BYTES)
