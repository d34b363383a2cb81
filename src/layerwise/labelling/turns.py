"""Strategies that take turns."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import numpy as np

from .._checks import check_int, check_kind, check_number
from .._spec import register
from .spread import Coverage, Random, Typical
from .strategy import Candidates, Query, Strategy
from .unsure import Disagreement, Margin


@register
@dataclass(frozen=True, repr=False)
class TypicalThenMargin(Strategy):
    """Typical rows while there are few labels, then rows between two classes; for numbers rows far
    from every labelled one, then those of which models disagree. The default.

    Few labels want typical rows, many want uncertain ones, and the wrong kind is worse than chance.

    Parameters
    ----------
    few : int, default 10
        Labels a class until which typical rows are asked about (for numbers: ten times as many
        labels), at least 0. As long as the pool has neither probabilities nor predictions, too.

    References
    ----------
    Hacohen, Dekel and Weinshall (2022), "Active learning on a budget: opposite strategies suit high
    and low budgets".

    Examples
    --------
    >>> import numpy as np
    >>> from layerwise import Candidates, TypicalThenMargin
    >>> p = np.array([[0.5, 0.5], [0.9, 0.1], [0.1, 0.9], [0.6, 0.4]])
    >>> pool = Candidates(np.eye(4), labelled=[1, 2], probabilities=p)
    >>> [TypicalThenMargin(few).choose(pool, 1)[0].reason[:9] for few in (10, 1)]
    ['typical o', 'uncertain']
    """

    few: int = 10

    def __post_init__(self) -> None:
        check_int(self, "few", self.few, 0)

    def chosen(self, pool: Candidates, n: int, rng: np.random.Generator) -> list[Query]:
        return self.now(pool).chosen(pool, n, rng)

    def now(self, pool: Candidates) -> Strategy:
        """Return the strategy whose turn it is."""
        if pool.predictions is not None:
            many = len(pool.labelled) >= 10 * self.few and len(pool.predictions) > 1
            return Disagreement() if many else Coverage()
        if pool.probabilities is None:
            return Typical()
        classes = pool.probabilities.shape[1]
        return Margin() if len(pool.labelled) >= self.few * classes else Typical()


@register
@dataclass(frozen=True, repr=False)
class WithRandom(Strategy):
    """A strategy that leaves a share of each batch to chance: those rows tell how often a model is
    right on rows that have no label yet, which what a strategy chose does not.

    Parameters
    ----------
    strategy : Strategy, default TypicalThenMargin()
    share : float, default 0.2
        In [0, 1]; rounded up to whole rows.

    Examples
    --------
    >>> import numpy as np
    >>> from layerwise import Candidates, WithRandom
    >>> [query.reason for query in WithRandom(share=0.5).choose(Candidates(np.eye(6)), 2)]
    ['drawn at random', 'typical of 6 rows that are alike']
    """

    strategy: Strategy = TypicalThenMargin()
    _: KW_ONLY
    share: float = 0.2

    def __post_init__(self) -> None:
        check_kind(self, "strategy", self.strategy, Strategy, "a strategy such as Margin()")
        check_number(self, "share", self.share, 0.0, 1.0)

    def check(self, pool: Candidates) -> None:
        self.strategy.check(pool)

    def chosen(self, pool: Candidates, n: int, rng: np.random.Generator) -> list[Query]:
        drawn = (
            Random().chosen(pool, int(np.ceil(self.share * n - 1e-9)), rng) if self.share else []
        )
        taken = {query.row for query in drawn}
        if len(drawn) == n:
            return drawn
        others = self.strategy.chosen(pool, min(n, len(pool.open)), rng)
        return [*drawn, *[query for query in others if query.row not in taken][: n - len(drawn)]]
