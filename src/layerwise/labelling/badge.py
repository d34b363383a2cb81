"""Unsure and unlike one another, at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .._spec import register
from .strategy import Candidates, Query, Strategy
from .unsure import between


@register
@dataclass(frozen=True, repr=False)
class Badge(Strategy):
    """Rows by k-means++ on what the gradient of a linear head would be if the likeliest class were
    true, ``(p - onehot(argmax p)) x code``: long where the model is unsure, and apart from those
    taken before.

    The gradients, ``(n, classes * k)`` numbers, are never made: distances follow from both factors.

    References
    ----------
    Ash, Zhang, Krishnamurthy, Langford and Agarwal (2020), "Deep batch active learning by diverse,
    uncertain gradient lower bounds".

    Examples
    --------
    >>> import numpy as np
    >>> from layerwise import Badge, Candidates
    >>> pool = Candidates(np.eye(3), probabilities=[[0.9, 0.1], [0.5, 0.5], [0.2, 0.8]])
    >>> Badge().choose(pool, 1)[0].row
    1
    """

    needs: ClassVar[str | None] = "probabilities"

    def chosen(self, pool: Candidates, n: int, rng: np.random.Generator) -> list[Query]:
        assert pool.probabilities is not None
        errors = pool.probabilities[pool.open].copy()
        errors[np.arange(len(errors)), errors.argmax(1)] -= 1.0
        codes = pool.codes[pool.open].astype(np.float64)
        squares = np.square(errors).sum(1) * np.square(codes).sum(1)
        taken: list[int] = []
        away = squares
        for _ in range(n):
            taken.append(_drawn(away, taken, rng))
            first = taken[-1]
            products = (errors @ errors[first]) * (codes @ codes[first])
            apart = np.maximum(squares + squares[first] - 2 * products, 0.0)
            away = apart if len(taken) == 1 else np.minimum(away, apart)
            away[taken] = 0.0
        rows = pool.open[taken]
        return [Query(int(row), f"{between(pool, row)}, unlike the others") for row in rows]


def _drawn(away: np.ndarray, taken: list[int], rng: np.random.Generator) -> int:
    """Return the longest first, then rows as likely as their squared distance; any that is left
    where all are 0."""
    if not taken:
        return int(np.argmax(away))
    total = away.sum()
    if total > 0:
        return int(rng.choice(len(away), p=away / total))
    left = np.setdiff1d(np.arange(len(away)), taken)
    return int(rng.choice(left))
