"""Rows that can be taken by index."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .._contracts import Batch, Space


@dataclass(frozen=True)
class ArraySource:
    """Rows held in memory (or in a memory-mapped file).

    Parameters
    ----------
    x : Tensor of shape (n, *in)
    space : Space
    y : Tensor of shape (n,) or (n, outputs), optional
    observed : bool Tensor of shape (n, d), optional
    weight : Tensor of shape (n,), optional
    """

    x: Tensor
    space: Space
    y: Tensor | None = None
    observed: Tensor | None = None
    weight: Tensor | None = None

    def __len__(self) -> int:
        return len(self.x)

    def take(self, rows: np.ndarray) -> Batch:
        index = torch.from_numpy(rows)
        taken = [
            None if part is None else part.index_select(0, index)
            for part in (self.x, self.y, self.observed, self.weight)
        ]
        return Batch(taken[0], taken[1], taken[2], taken[3], rows)  # type: ignore[arg-type]


@dataclass(frozen=True)
class SparseSource:
    """Rows of a scipy CSR matrix; a batch is made dense when it is taken."""

    x: Any
    space: Space
    y: Tensor | None = None
    weight: Tensor | None = None

    def __len__(self) -> int:
        return self.x.shape[0]

    def take(self, rows: np.ndarray) -> Batch:
        index = torch.from_numpy(rows)
        dense = torch.from_numpy(self.x[rows].toarray().astype(np.float32, copy=False)).view(
            len(rows), *self.space.shape
        )
        y, weight = (
            None if part is None else part.index_select(0, index) for part in (self.y, self.weight)
        )
        return Batch(dense, y, None, weight, rows)


@dataclass(frozen=True)
class RowsOf:
    """Some rows of another source, with labels of their own."""

    source: Any
    rows: np.ndarray
    y: Tensor | None = None
    weight: Tensor | None = None

    @property
    def space(self) -> Space:
        return self.source.space

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, rows: np.ndarray) -> Batch:
        index = torch.from_numpy(rows)
        batch = self.source.take(self.rows[rows])
        y = batch.y if self.y is None else self.y.index_select(0, index)
        weight = batch.weight if self.weight is None else self.weight.index_select(0, index)
        return Batch(batch.x, y, batch.observed, weight, rows)


@dataclass(frozen=True)
class Mix:
    """Batches of labelled rows and of others, side by side.

    Parameters
    ----------
    labelled, others : Source
    ratio : float, default 1.0
        Rows of ``others`` for each labelled one.
    paced_by : {'labels', 'rows'}, default 'labels'
        Which of the two an epoch passes over once; rows of the other are drawn beside them, in
        turns.
    """

    labelled: Any
    others: Any
    ratio: float = 1.0
    paced_by: str = "labels"

    @property
    def space(self) -> Space:
        return self.labelled.space

    @property
    def leading(self) -> Any:
        """The rows that an epoch passes over."""
        return self.labelled if self.paced_by == "labels" else self.others

    @property
    def drawn(self) -> Any:
        """The rows that are drawn beside them."""
        return self.others if self.paced_by == "labels" else self.labelled

    def __len__(self) -> int:
        return len(self.leading)

    def take(self, rows: np.ndarray) -> Batch:
        return self.leading.take(rows)

    def pair(self, rows: np.ndarray, drawn: np.ndarray) -> Batch:
        """Return a batch of labelled rows with the others beside it."""
        first, second = self.leading.take(rows), self.drawn.take(drawn)
        labelled, other = (first, second) if self.paced_by == "labels" else (second, first)
        return replace(labelled, other=other)

    def drawn_for(self, n: int) -> int:
        """Return how many rows are drawn beside ``n``: at least 2, since one row alone has no batch
        statistics."""
        return max(2, round(n * self.ratio if self.paced_by == "labels" else n / self.ratio))
