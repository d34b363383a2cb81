"""What is asked about next: a line of rows, of which each page gets its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .answers import AGAIN, RANDOM, Answers

LEASE = 600.0  # seconds, for which a row that a page was given is not given to another


@dataclass(frozen=True)
class Ask:
    """A row to ask about.

    Parameters
    ----------
    row : int
    reason : str
    share : {'random', 'chosen', 'again'}
    """

    row: int
    reason: str
    share: str


class _Lease(NamedTuple):
    page: str
    until: float


class Queue:
    """Rows in the order in which they are asked about.

    What a strategy wants comes first; where that is used up, rows are drawn by chance, so that
    nobody waits. A row that one page shows is not given to another for ten minutes. Where several
    people label, a share of what each is asked has been answered by another.

    Parameters
    ----------
    rows : int
        How many rows there are.
    known : array of int
        Those that came with a label; they are not asked about.
    overlap : float, default 0.1
        The share of rows that a second person is asked about, in [0, 1].
    seed : int, default 0
    clock : callable, optional

    Examples
    --------
    >>> from layerwise.annotation import Answers, Ask, Queue
    >>> queue = Queue(5, [0])
    >>> queue.fill([Ask(3, "typical", "chosen")])
    >>> [ask.row for ask in queue.give("page 1", "ann", 2, Answers())][:1]
    [3]
    >>> 3 in [ask.row for ask in queue.give("page 2", "bob", 4, Answers())]
    False
    """

    def __init__(
        self,
        rows: int,
        known: Iterable[int] = (),
        overlap: float = 0.1,
        seed: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.rows, self.known, self.overlap = rows, set(map(int, known)), overlap
        self._clock = clock
        self._wanted: list[Ask] = []
        self._leases: dict[int, _Lease] = {}
        rng = np.random.default_rng([seed, 15])
        self._chance = rng.permutation(rows).tolist()  # the order in which chance draws
        self._twice = rng.random(rows) < overlap
        self._place = 0

    def fill(self, wanted: Iterable[Ask]) -> None:
        """Take what a strategy wants now, in place of what it wanted before."""
        self._wanted = list(wanted)

    @property
    def waiting(self) -> int:
        """How many rows that a strategy wants are left."""
        return len(self._wanted)

    def give(self, page: str, who: str, n: int, said: Answers) -> list[Ask]:
        """Return up to ``n`` rows for a page, and keep them for it."""
        found = self._again(who, n, said)
        found += self._next(n - len(found), said)
        found += self._drawn(n - len(found), said)
        until = self._clock() + LEASE
        for ask in found:
            self._leases[ask.row] = _Lease(page, until)
        return found

    def free(self, row: int) -> None:
        """Let a row be given again: its answer was undone, or its page has gone."""
        self._leases.pop(row, None)
        self._place = 0

    def leave(self, page: str) -> None:
        """Let the rows of a page be given to others."""
        for row in [row for row, lease in self._leases.items() if lease.page == page]:
            self.free(row)

    def open(self, said: Answers) -> int:
        """Return how many rows nobody has answered or skipped."""
        return sum(not said.seen(row) for row in range(self.rows) if row not in self.known)

    def _is_open(self, row: int, said: Answers) -> bool:
        return not self._held(row) and not self._taken(row, said)

    def _taken(self, row: int, said: Answers) -> bool:
        return row in self.known or said.seen(row)

    def _next(self, n: int, said: Answers) -> list[Ask]:
        """Return the first rows that a strategy wants; those that other pages show stay."""
        self._wanted = [ask for ask in self._wanted if not self._taken(ask.row, said)]
        found = [ask for ask in self._wanted if not self._held(ask.row)][: max(n, 0)]
        self._wanted = [ask for ask in self._wanted if ask not in found]
        return found

    def _drawn(self, n: int, said: Answers) -> list[Ask]:
        """Return the next rows in the order of chance."""
        while self._place < self.rows and self._taken(self._chance[self._place], said):
            self._place += 1
        found: list[Ask] = []
        for row in self._chance[self._place :]:
            if len(found) >= n:
                break
            if self._is_open(row, said):
                found.append(Ask(row, "drawn at random", RANDOM))
        return found

    def _again(self, who: str, n: int, said: Answers) -> list[Ask]:
        """Return a row that one other person has answered, if any is to be asked about twice."""
        if n < 1 or not self.overlap or not set(said.people()) - {who}:
            return []
        for row in said.labelled():
            people = said.said(row)
            if self._twice[row] and len(people) == 1 and who not in people and not self._held(row):
                return [Ask(row, "answered by one other person", AGAIN)]
        return []

    def _held(self, row: int) -> bool:
        """Say whether a page shows a row."""
        lease = self._leases.get(row)
        return lease is not None and lease.until > self._clock()
