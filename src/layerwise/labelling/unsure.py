"""Strategies that look at what a model says: rows of which it is unsure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .._checks import check_number
from .._spec import register
from .apart import apart
from .strategy import Candidates, Query, Strategy


@dataclass(frozen=True, repr=False)
class Unsure(Strategy):
    """Base of strategies that give each row a number and ask about the highest (abstract).

    Parameters
    ----------
    apart : float, default 0.5
        Two rows of a batch are no nearer than this share of the usual distance of a row to its
        nearest neighbour, as long as there are others: near-duplicates say the same.
    """

    apart: float = 0.5

    def __post_init__(self) -> None:
        check_number(self, "apart", self.apart, 0.0)

    def chosen(self, pool: Candidates, n: int, rng: np.random.Generator) -> list[Query]:
        scores = self.scores(pool)[pool.open]
        order = pool.open[np.argsort(-scores, kind="stable")]
        rows = apart(pool.codes, order, n, self.apart, rng)
        return [Query(int(row), self.reason(pool, int(row))) for row in rows]

    def scores(self, pool: Candidates) -> np.ndarray:
        """Return a number for each row, ``(n,)``: the higher, the less sure is the model."""
        raise NotImplementedError

    def reason(self, pool: Candidates, row: int) -> str:
        """Return why a row is asked about."""
        raise NotImplementedError


@register
@dataclass(frozen=True, repr=False)
class Margin(Unsure):
    """The rows whose two likeliest classes are nearest to one another.

    Parameters
    ----------
    apart
        As in ``Unsure``.

    References
    ----------
    Scheffer, Decomain and Wrobel (2001), "Active hidden Markov models for information extraction".

    Examples
    --------
    >>> import numpy as np
    >>> from layerwise import Margin, Candidates
    >>> p = [[0.9, 0.1], [0.55, 0.45], [0.2, 0.8]]
    >>> pool = Candidates(np.eye(3), probabilities=p, classes="ab")
    >>> Margin().choose(pool, 1)
    [Query(row=1, reason="uncertain between 'a' (55 %) and 'b' (45 %)")]
    """

    needs: ClassVar[str | None] = "probabilities"

    def scores(self, pool: Candidates) -> np.ndarray:
        assert pool.probabilities is not None
        if pool.probabilities.shape[1] < 2:
            return np.zeros(len(pool.probabilities))
        two = np.partition(pool.probabilities, -2, axis=1)[:, -2:]
        return two[:, 0] - two[:, 1]

    def reason(self, pool: Candidates, row: int) -> str:
        return between(pool, row)


@register
@dataclass(frozen=True, repr=False)
class Entropy(Unsure):
    """The rows whose probabilities have the highest entropy.

    Parameters
    ----------
    apart
        As in ``Unsure``.

    References
    ----------
    Settles (2009), "Active learning literature survey".

    Examples
    --------
    >>> import numpy as np
    >>> from layerwise import Entropy, Candidates
    >>> pool = Candidates(np.eye(2), probabilities=[[0.5, 0.5, 0.0], [0.4, 0.3, 0.3]])
    >>> Entropy().choose(pool, 1)[0].row
    1
    """

    needs: ClassVar[str | None] = "probabilities"

    def scores(self, pool: Candidates) -> np.ndarray:
        assert pool.probabilities is not None
        p = pool.probabilities
        return -np.sum(p * np.log(np.where(p > 0, p, 1.0)), axis=1)

    def reason(self, pool: Candidates, row: int) -> str:
        return between(pool, row, 3)


@register
@dataclass(frozen=True, repr=False)
class Disagreement(Unsure):
    """The rows of whose numbers several models say the most different things.

    Parameters
    ----------
    apart
        As in ``Unsure``.

    References
    ----------
    Krogh and Vedelsby (1994), "Neural network ensembles, cross validation, and active learning".

    Examples
    --------
    >>> import numpy as np
    >>> from layerwise import Disagreement, Candidates
    >>> Disagreement().choose(Candidates(np.eye(2), predictions=[[1.0, 2.0], [1.1, 4.0]]), 1)
    [Query(row=1, reason='2 models say 2 to 4')]
    """

    needs: ClassVar[str | None] = "predictions"

    def scores(self, pool: Candidates) -> np.ndarray:
        assert pool.predictions is not None
        return pool.predictions.var(axis=0)

    def reason(self, pool: Candidates, row: int) -> str:
        assert pool.predictions is not None
        said = pool.predictions[:, row]
        return f"{len(said)} models say {said.min():.4g} to {said.max():.4g}"


def between(pool: Candidates, row: int, most: int = 2) -> str:
    """Return the likeliest classes of a row in words."""
    assert pool.probabilities is not None
    p = pool.probabilities[row]
    first = np.argsort(-p, kind="stable")[:most]
    names = [f"{pool.name(int(c))} ({100 * p[c]:.0f} %)" for c in first]
    if len(names) < 2:
        return f"uncertain about {names[0]}"
    return f"uncertain between {', '.join(names[:-1])} and {names[-1]}"
