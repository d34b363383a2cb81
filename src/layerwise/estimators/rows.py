"""The rows of one fit: weights, order and sources."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import scipy.sparse as sp
import torch
from sklearn.utils.validation import _check_sample_weight

from .._contracts import Space
from .._errors import DataError
from ..data.sources import ArraySource, SparseSource
from ..training import BLOCK_ROWS, in_block

REPEAT_LIMIT = 8  # rows that integer weights may make of one, in the mean
_HASH_ROWS = 4096


def row_shape(X: Any) -> tuple[int, ...] | None:
    """Return the shape of one row of an array of more than two dimensions, else None."""
    shape = getattr(X, "shape", ())
    return tuple(shape[1:]) if len(shape) > 2 else None


def repeats(sample_weight: Any, n: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Return which rows to train on, and weights where they are still needed.

    Rows of weight 0 go; whole numbers repeat a row, so that weight 2 is exactly the row given
    twice.
    """
    if sample_weight is None:
        return np.arange(n), None
    weight = _check_sample_weight(
        sample_weight, np.empty((n, 1)), dtype=np.float64, ensure_non_negative=True
    )
    if not weight.any():
        raise DataError(
            "sample_weight is zero for every row; at least one must be above zero.",
            "Leave sample_weight out.",
        )
    if (weight == np.round(weight)).all() and weight.sum() <= REPEAT_LIMIT * n:
        return np.repeat(np.arange(n), weight.astype(int)), None
    kept = np.flatnonzero(weight > 0)
    return kept, weight[kept]


def changed(kept: np.ndarray, weight: np.ndarray | None, n: int) -> bool:
    """Whether :func:`repeats` asks for other rows than all of them once, or for weights."""
    return weight is not None or not np.array_equal(kept, np.arange(n))


def in_blocks(function: Any, source: Any, device: torch.device, *modules: Any) -> torch.Tensor:
    """Apply a function of rows in fixed padded blocks, with its modules on a device: ``(n, *in) ->
    (n, outputs)``."""
    for module in modules:
        module.to(device)

    def run(x: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            return function(x.to(device)).flatten(1).cpu()

    starts = range(0, len(source), BLOCK_ROWS)
    parts = [
        in_block(run, source.take(np.arange(i, min(len(source), i + BLOCK_ROWS))).x) for i in starts
    ]
    for module in modules:
        module.to("cpu")
    return torch.cat(parts)


def order_of(Z: Any, *also: np.ndarray | None) -> np.ndarray:
    """Return an order of the rows that depends on their content alone.

    Training in this order makes a result independent of the order in which rows were given.
    """
    factors = np.random.default_rng(2006).integers(
        1, 2**63, size=Z.shape[1], dtype=np.uint64
    ) | np.uint64(1)
    keys = np.empty(Z.shape[0], dtype=np.uint64)
    for start in range(0, Z.shape[0], _HASH_ROWS):
        part = Z[start : start + _HASH_ROWS]
        part = part.toarray() if sp.issparse(part) else part
        bits = (
            np.ascontiguousarray(part + np.float32(0), dtype=np.float32)
            .view(np.uint32)
            .astype(np.uint64)
        )
        keys[start : start + _HASH_ROWS] = bits @ factors
    return np.lexsort([*(part for part in also if part is not None), keys])


def source_of(
    Z: Any, space: Space, observed: np.ndarray | None = None, weight: np.ndarray | None = None
) -> Any:
    """Return a source of preprocessed rows."""
    weights = None if weight is None else torch.from_numpy(weight.astype(np.float32))
    if sp.issparse(Z):
        return SparseSource(Z.tocsr(), space, weight=weights)
    mask = None if observed is None else torch.from_numpy(observed)
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", "The given NumPy array is not writable"
        )  # nothing writes to rows
        x = torch.from_numpy(np.ascontiguousarray(Z, dtype=np.float32))
    return ArraySource(x.view(len(x), *space.shape), space, observed=mask, weight=weights)
