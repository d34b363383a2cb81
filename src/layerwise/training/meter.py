"""Means over the rows of an epoch."""

from __future__ import annotations

import time

from torch import Tensor

from .._durable import Facts
from .tree import Tree

EVENT_SECONDS = 0.5


class Meter:
    """What the row of history of an epoch is made of."""

    def __init__(self, begins: Facts, epochs: int, per_epoch: int, epoch: int = 0) -> None:
        self.begins = begins | {"epoch": epoch + 1, "epochs": epochs}
        self.per_epoch = per_epoch
        self.sums: dict[str, float] = {}
        self.counts: dict[str, int] = {}  # a term may be measured at some steps alone
        self.count = 0
        self.begin: float | None = None  # the loss of the first batch
        self.began = self.told = time.perf_counter()

    def add(self, loss: Tensor, terms: dict[str, Tensor], n: int) -> float:
        """Add a batch of n rows, and return its loss."""
        value = loss.item()
        self.begin = value if self.begin is None else self.begin
        self.count += n
        for name, number in [("loss", value), *((key, float(term)) for key, term in terms.items())]:
            self.sums[name] = self.sums.get(name, 0.0) + number * n
            self.counts[name] = self.counts.get(name, 0) + n
        return value

    def is_due(self) -> bool:
        """Whether it is time to tell how an epoch goes."""
        now = time.perf_counter()
        due = now - self.told > EVENT_SECONDS
        self.told = now if due else self.told
        return due

    def now(self) -> Facts:
        """Return a row in the middle of an epoch."""
        return self.begins | {"batches": self.per_epoch} | self._means()

    def row(self, rate: float, validation: float | None) -> Facts:
        """Return the row of a whole epoch."""
        row = self.begins | self._means()
        row |= {"learning_rate": rate, "batches": self.per_epoch}
        return row if validation is None else row | {"validation": validation}

    def tree(self) -> Tree:
        """Return what has been added so far, for a checkpoint."""
        seconds = time.perf_counter() - self.began
        kept = {name: getattr(self, name) for name in ("sums", "counts", "count", "begin")}
        return kept | {"seconds": seconds}

    def restore(self, found: Tree) -> None:
        """Go on from what was kept."""
        for name in ("sums", "counts", "count", "begin"):
            setattr(self, name, found[name])
        self.began = time.perf_counter() - found["seconds"]

    def _means(self) -> dict[str, float]:
        seconds = time.perf_counter() - self.began
        means = {name: total / self.counts[name] for name, total in self.sums.items()}
        return means | {"seconds": seconds, "rows_per_second": self.count / max(seconds, 1e-9)}
