"""Rows that can be taken by index."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
import torch
from torch import Tensor

from .._contracts import Batch, Source
from .._space import Space

BLOCK_ROWS = 4096


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

    Examples
    --------
    >>> import numpy as np, torch
    >>> from layerwise import ArraySource, Space
    >>> ArraySource(torch.eye(3), Space.of("unit", 3)).take(np.array([2])).x.tolist()
    [[0.0, 0.0, 1.0]]
    """

    x: Tensor
    space: Space
    y: Tensor | None = None
    observed: Tensor | None = None
    weight: Tensor | None = None

    def __len__(self) -> int:
        return len(self.x)

    def take(self, rows: np.ndarray) -> Batch:
        x = self.x.index_select(0, torch.from_numpy(rows))
        return _batch(x, rows, y=self.y, observed=self.observed, weight=self.weight)


@dataclass(frozen=True)
class SparseSource:
    """Rows of a scipy CSR matrix; a batch is made dense when it is taken."""

    x: sp.csr_array | sp.csr_matrix
    space: Space
    y: Tensor | None = None
    weight: Tensor | None = None

    def __len__(self) -> int:
        return int(self.x.shape[0])

    def take(self, rows: np.ndarray) -> Batch:
        dense = torch.from_numpy(self.x[rows].toarray().astype(np.float32, copy=False))
        shaped = dense.view(len(rows), *self.space.shape)
        return _batch(shaped, rows, y=self.y, weight=self.weight)


def _batch(x: Tensor, rows: np.ndarray, **columns: Tensor | None) -> Batch:
    """Return a batch: its rows ``x``, and those rows of what belongs to them. Every other source
    changes a batch that was made here."""
    index = torch.from_numpy(rows)
    taken: dict[str, Any] = {
        name: column.index_select(0, index)
        for name, column in columns.items()
        if column is not None
    }
    return Batch(x, rows=rows, **taken)


@dataclass(frozen=True)
class RowsOf:
    """Some rows of another source, with labels and weights of their own where these are given."""

    source: Source
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
        given = {"y": self.y, "weight": self.weight}
        own: dict[str, Any] = {
            name: column.index_select(0, index)
            for name, column in given.items()
            if column is not None
        }
        return replace(self.source.take(self.rows[rows]), rows=rows, **own)

    def part(self, positions: np.ndarray) -> RowsOf:
        """Return some of these rows."""
        index = torch.from_numpy(positions)
        y = None if self.y is None else self.y[index]
        weight = None if self.weight is None else self.weight[index]
        return RowsOf(self.source, self.rows[positions], y, weight)


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
    least : int, default 2
        Rows that are drawn at least: one alone has no batch statistics.
    """

    labelled: Source
    others: Source
    ratio: float = 1.0
    paced_by: str = "labels"
    least: int = 2

    @property
    def space(self) -> Space:
        return self.labelled.space

    @property
    def leading(self) -> Source:
        """The rows that an epoch passes over."""
        return self.labelled if self.paced_by == "labels" else self.others

    @property
    def drawn(self) -> Source:
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
        """Return how many rows are drawn beside ``n``."""
        return max(
            self.least, round(n * self.ratio if self.paced_by == "labels" else n / self.ratio)
        )


def lengths_in(source: Source) -> np.ndarray | None:
    """Return how many tokens each row has ``(n,)``, where all of a row are tokens; None elsewhere,
    and for sources of others."""
    if isinstance(source, RowsOf):
        lengths = lengths_in(source.source)
        return None if lengths is None else lengths[source.rows]
    if isinstance(source, ArraySource) and source.space.kind == "token":
        return (source.x != 0).sum(1).numpy()
    return None


def weights_in(source: Source) -> np.ndarray | None:
    """Return the weights that a source's batches bring, ``(n,)``, or None where they bring none."""
    parts = []
    for start in range(0, len(source), BLOCK_ROWS):
        batch = source.take(np.arange(start, min(len(source), start + BLOCK_ROWS)))
        if batch.weight is None:
            return None
        parts.append(batch.weight.numpy().astype(np.float64))
    return np.concatenate(parts) if parts else None


def source_of(
    Z: np.ndarray | sp.csr_array | sp.csr_matrix,
    space: Space,
    observed: np.ndarray | None = None,
    weight: np.ndarray | None = None,
) -> ArraySource | SparseSource:
    """Return a source of preprocessed rows ``(n, d)``."""
    weights = None if weight is None else torch.from_numpy(weight.astype(np.float32))
    if not isinstance(Z, np.ndarray):
        return SparseSource(Z.tocsr(), space, weight=weights)
    mask = None if observed is None else torch.from_numpy(observed)
    kind = np.int64 if space.kind == "token" else np.float32
    with warnings.catch_warnings():
        # nothing writes to rows
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")
        x = torch.from_numpy(np.ascontiguousarray(Z, dtype=kind))
    return ArraySource(x.view(len(x), *space.shape), space, observed=mask, weight=weights)
