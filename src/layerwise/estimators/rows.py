"""The rows of one fit: weights, order and sources."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from .._contracts import Source
from .._errors import DataError
from ..training import BLOCK_ROWS, in_block, in_turn

REPEAT_LIMIT = 8  # rows that integer weights may make of one, in the mean
_HASH_ROWS = 4096


def weights_of(sample_weight: ArrayLike, n: int) -> np.ndarray:
    """Return a weight per row in float64; one number holds for all rows.

    Raises
    ------
    DataError
        When there is another number of weights, or one is negative or not finite.
    """
    given = np.asarray(sample_weight, dtype=np.float64)
    weight = np.full(n, float(given)) if given.ndim == 0 else given
    if weight.shape != (n,):
        raise DataError(
            f"sample_weight has the shape {given.shape}; expected one weight for each of {n} rows.",
            "Give an array of shape (n,).",
        )
    for wrong, what in ((np.isnan(weight), "NaN"), (np.isinf(weight), "infinity")):
        if wrong.any():
            raise DataError(
                f"sample_weight holds {what} in row {int(wrong.argmax())}; expected weights of "
                "at least 0.",
                "Give that row the weight 0, or leave it out.",
            )
    if (weight < 0).any():
        raise DataError(
            f"Negative values in data passed to `sample_weight`, in row "
            f"{int((weight < 0).argmax())}; expected weights of at least 0.",
            "Give that row the weight 0, or leave it out.",
        )
    return weight


def repeats(sample_weight: ArrayLike | None, n: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Return which rows to train on, and weights where they are still needed.

    Rows of weight 0 go; whole numbers repeat a row, so that weight 2 is exactly the row given
    twice.
    """
    if sample_weight is None:
        return np.arange(n), None
    weight = weights_of(sample_weight, n)
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


def in_blocks(
    function: Callable[[Tensor], Tensor], source: Source, device: torch.device, *modules: nn.Module
) -> Tensor:
    """Apply a function of rows in fixed padded blocks, with its modules on a device: ``(n, *in) ->
    (n, outputs)``. Rows of tokens go with others of like length."""
    for module in modules:
        module.to(device)

    def run(x: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            return function(x.to(device)).flatten(1).cpu()

    size = min((int(getattr(m, "block_rows", BLOCK_ROWS)) for m in modules), default=BLOCK_ROWS)
    blocks = list(in_turn(source, size))
    parts = [in_block(run, source.take(rows).x, size) for rows in blocks]
    for module in modules:
        module.to("cpu")
    result = torch.cat(parts)
    return result[torch.from_numpy(np.concatenate(blocks).argsort())]


def order_of(source: Source, *also: np.ndarray | None) -> np.ndarray:
    """Return an order of the rows that depends on their content alone.

    Training in this order makes a result independent of the order in which rows were given.
    """
    draws = np.random.default_rng(2006)
    size = source.space.size
    factors = draws.integers(1, 2**63, size=size, dtype=np.uint64) | np.uint64(1)
    keys = np.empty(len(source), dtype=np.uint64)
    for start in range(0, len(source), _HASH_ROWS):
        rows = np.arange(start, min(len(source), start + _HASH_ROWS))
        part = source.take(rows).x.flatten(1).float().numpy() + np.float32(0)
        keys[rows] = np.ascontiguousarray(part).view(np.uint32).astype(np.uint64) @ factors
    return np.lexsort([*(part for part in also if part is not None), keys])
