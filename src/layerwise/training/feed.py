"""The batches of an epoch: every row once, in an order that is a function of the key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, pairwise

import numpy as np

from .._contracts import Batch, Source
from .._random import Keys
from .._space import Space
from ..data.sources import Mix, lengths_in
from ..objective import Objective

_WINDOW = 50  # batches among which rows are sorted by length


@dataclass(frozen=True)
class Feed:
    """What a plan is trained on.

    Parameters
    ----------
    rows : Source
        Every row.
    labelled : Source, optional
        The rows with ``y``.
    target : Space, optional
        Of ``y``.
    held_out : Source, optional
        Rows for the validation loss (with ``y`` for objectives that need labels).
    """

    rows: Source
    labelled: Source | None = None
    target: Space | None = None
    held_out: Source | None = None

    def for_objective(self, objective: Objective) -> Source:
        """Return the source that an objective learns from."""
        if objective.needs == "rows":
            return self.rows
        assert self.labelled is not None  # the objective's check has refused
        if objective.needs == "labels":
            return self.labelled
        return Mix(
            self.labelled, self.rows, objective.ratio, objective.paced_by, objective.least_rows
        )


def count_batches(n: int, size: int, least: int = 2) -> int:
    """Return the number of batches of an epoch; a last one of fewer than ``least`` rows is none."""
    return len(cuts(n, size, least)) - 1


def batches(
    source: Source, size: int, keys: Keys, epoch: int, least: int = 2, *, skip: int = 0
) -> Iterator[Batch]:
    """Yield the batches of one epoch, without the first ``skip``; beside each, for a Mix, a batch
    of its other rows.

    Rows of tokens come with others of like length: what is short is not filled up in vain.
    """
    rng = keys.numpy("order", epoch)
    order = rng.permutation(len(source))
    lengths = lengths_in(source.leading if isinstance(source, Mix) else source)
    if lengths is not None:
        order = _by_length(order, lengths, size)
    ends = cuts(len(source), size, least)
    parts = [order[start:stop] for start, stop in pairwise(ends)]
    if lengths is not None:
        parts = [parts[i] for i in rng.permutation(len(parts))]
    if not isinstance(source, Mix):
        yield from (source.take(rows) for rows in parts[skip:])
        return
    drawn = _endless(len(source.drawn), keys, epoch)
    for number, rows in enumerate(parts):
        beside = np.fromiter(islice(drawn, source.drawn_for(len(rows))), dtype=np.int64)
        if number >= skip:
            yield source.pair(rows, beside)


def _by_length(order: np.ndarray, lengths: np.ndarray, size: int) -> np.ndarray:
    """Return an order in which rows of like length stand together within windows of many batches,
    which still differ from epoch to epoch."""
    result = order.copy()
    for start in range(0, len(order), _WINDOW * size):
        window = order[start : start + _WINDOW * size]
        result[start : start + len(window)] = window[lengths[window].argsort(kind="stable")]
    return result


def cuts(n: int, size: int, least: int) -> list[int]:
    """Return where batches begin and end; a last one of fewer than ``least`` rows joins the one
    before."""
    ends = [*range(0, n, size), n]
    if len(ends) > 2 and n - ends[-2] < least:
        del ends[-2]
    return ends


def _endless(n: int, keys: Keys, epoch: int) -> Iterator[int]:
    turn = 0
    while True:
        yield from keys.numpy("others", epoch, turn).permutation(n).tolist()
        turn += 1
