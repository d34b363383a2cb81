"""What is asked about next: a line of rows, of which each page gets its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .answers import AGAIN, RANDOM, Answers

CHANCE = 5  # every so many rows, one that chance draws
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

    Every fifth row is the next one in an order of all rows that chance drew once; the others are
    what a strategy wants, and where that is used up, nobody waits: chance goes on. So the rows that
    chance has come to are a fair sample of all, those that a strategy had asked about before among
    them. A row that one page shows is not given to another for ten minutes. Where several people
    label, a share of what each is asked has been answered by another.

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
    >>> 3 in [ask.row for ask in queue.give("page 1", "ann", 2, Answers())]
    True
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
        self._place_of = np.argsort(self._chance).tolist()
        twice = rng.random(rows) < overlap
        self._twice = set(np.flatnonzero(twice).tolist())
        self._place = 0  # all before it in the order of chance are taken
        self._turn = 0  # rows that were given

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
        self._wanted = [ask for ask in self._wanted if not self._taken(ask.row, said)]
        while len(found) < n:
            turn = self._turn % CHANCE == 0
            ask = self._drawn(said) if turn else self._next() or self._drawn(said)
            ask = ask or self._next()
            if ask is None:
                break
            self._turn += 1
            found.append(ask)
            self.hold(page, ask.row)
        return found

    def hold(self, page: str, row: int) -> None:
        """Keep a row for a page that shows it."""
        self._leases[row] = _Lease(page, self._clock() + LEASE)

    def answered(self, row: int) -> None:
        """Let a row be given to others, if it is to be asked about again."""
        self._leases.pop(row, None)

    def free(self, row: int) -> None:
        """Let a row be given again: its answer was undone, or its page has gone."""
        self._leases.pop(row, None)
        self._place = min(self._place, self._place_of[row])

    def leave(self, page: str) -> None:
        """Let the rows of a page be given to others."""
        for row in [row for row, lease in self._leases.items() if lease.page == page]:
            self.free(row)

    def reached(self, rows: Iterable[int]) -> int:
        """Return how far chance has come in its order, when these are the rows that were asked
        about because it came to them."""
        return 1 + max((self._place_of[row] for row in rows), default=-1)

    def is_drawn(self, row: int, reached: int) -> bool:
        """Say whether chance has come to a row, whoever had asked about it before."""
        return self._place_of[row] < reached and row not in self.known

    def _taken(self, row: int, said: Answers) -> bool:
        return row in self.known or said.seen(row)

    def _next(self) -> Ask | None:
        """Return the first row that a strategy wants and no page shows."""
        for ask in self._wanted:
            if not self._held(ask.row):
                self._wanted.remove(ask)
                return ask
        return None

    def _drawn(self, said: Answers) -> Ask | None:
        """Return the next row in the order of chance."""
        while self._place < self.rows and self._taken(self._chance[self._place], said):
            self._place += 1
        for row in self._chance[self._place :]:
            if not self._held(row) and not self._taken(row, said):
                return Ask(row, "drawn at random", RANDOM)
        return None

    def _again(self, who: str, n: int, said: Answers) -> list[Ask]:
        """Return rows that one other person has answered, as many as are to be asked about
        twice."""
        if not self._twice or not set(said.people()) - {who}:
            return []
        found: list[Ask] = []
        for row in said.once():
            if len(found) >= max(1, round(self.overlap * n)):
                break
            if row in self._twice and who not in said.said(row) and not self._held(row):
                found.append(Ask(row, "answered by one other person", AGAIN))
        return found

    def _held(self, row: int) -> bool:
        """Say whether a page shows a row."""
        lease = self._leases.get(row)
        return lease is not None and lease.until > self._clock()
