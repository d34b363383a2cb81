"""A scale for dots in a table: from the worse to the better, with ticks in the metric's units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .formats import is_number, is_share, number


@dataclass(frozen=True)
class Track:
    """From ``low`` to ``high``; the better end lies to the right.

    Parameters
    ----------
    low, high : float
        Both are ticks.
    ticks : tuple of float
    higher : bool
        Whether higher is better.
    """

    low: float
    high: float
    ticks: tuple[float, ...]
    higher: bool

    def place(self, value: object) -> float | None:
        """Return where a value lies, in percent from the left."""
        if not is_number(value):
            return None
        share = (value / 2 - self.low / 2) / (self.high / 2 - self.low / 2)
        return round(100 * (share if self.higher else 1 - share), 2)

    def marks(self, metric: str) -> list[tuple[float | None, str, bool]]:
        """Return each tick's place, its number, and whether it is an end."""
        ordered = self.ticks if self.higher else self.ticks[::-1]
        return [
            (self.place(tick), _tick(tick, metric), tick in (self.low, self.high))
            for tick in ordered
        ]


def track_of(values: Sequence[float], higher: bool) -> Track | None:
    """Return a scale of round numbers around values, or None without any.

    >>> track_of([0.872, 0.875, 0.892], True).ticks
    (0.87, 0.88, 0.89, 0.9)
    """
    from matplotlib.ticker import MaxNLocator

    known = [value for value in values if is_number(value)]
    if not known:
        return None
    low, high = min(known), max(known)
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-9):
        room = abs(low) / 10 or 1.0
        low, high = low - room, high + room
    found = MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    ticks = tuple(float(f"{tick:.10g}") for tick in found)
    return Track(ticks[0], ticks[-1], ticks, higher)


def _tick(value: float, metric: str) -> str:
    return f"{number(float(f'{100 * value:.6g}'))} %" if is_share(metric) else number(value, 6)
