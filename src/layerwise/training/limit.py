"""A moment after which training stops."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass
class Clock:
    """When training must stop, in seconds of ``time.perf_counter``; None is never."""

    until: float | None = None

    def allow(self, seconds: float | None) -> None:
        """Let training go on for so long from now."""
        self.until = None if seconds is None else time.perf_counter() + seconds

    def is_over(self) -> bool:
        """Whether the moment has come."""
        return self.until is not None and time.perf_counter() >= self.until


_CURRENT: ContextVar[Clock | None] = ContextVar("clock", default=None)


@contextmanager
def limited_by(clock: Clock) -> Iterator[Clock]:
    """Let every phase that is trained inside the block stop after the first step at which the clock
    is over; the row of its last epoch has ``cut``."""
    token = _CURRENT.set(clock)
    try:
        yield clock
    finally:
        _CURRENT.reset(token)


def time_is_over() -> bool:
    """Whether training must stop now."""
    clock = _CURRENT.get()
    return clock is not None and clock.is_over()
