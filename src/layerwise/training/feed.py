"""The batches of an epoch: every row once, in an order that is a function of the key."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from .._contracts import Batch
from .._random import Keys
from ..data.sources import Mix


def count_batches(n: int, size: int) -> int:
    """Return the number of batches of an epoch."""
    return len(_cuts(n, size)) - 1


def batches(source: Any, size: int, keys: Keys, epoch: int) -> Iterator[Batch]:
    """Yield the batches of one epoch; beside each, for a Mix, a batch of its other rows."""
    order = keys.numpy("order", epoch).permutation(len(source))
    cuts = _cuts(len(source), size)
    drawn = _endless(len(source.drawn), keys, epoch) if isinstance(source, Mix) else None
    for start, stop in pairwise(cuts):
        rows = order[start:stop]
        if drawn is None:
            yield source.take(rows)
        else:
            yield source.pair(
                rows, np.array([next(drawn) for _ in range(source.drawn_for(len(rows)))])
            )


def _cuts(n: int, size: int) -> list[int]:
    cuts = [*range(0, n, size), n]
    if (
        len(cuts) > 2 and n - cuts[-2] == 1
    ):  # one row alone has no batch statistics: it joins the batch before
        del cuts[-2]
    return cuts


def _endless(n: int, keys: Keys, epoch: int) -> Iterator[int]:
    turn = 0
    while True:
        yield from keys.numpy("others", epoch, turn).permutation(n).tolist()
        turn += 1
