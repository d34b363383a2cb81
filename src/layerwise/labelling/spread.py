"""Strategies that look at where rows lie: what a model says of them does not matter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.metrics import pairwise_distances_argmin_min
from sklearn.neighbors import NearestNeighbors

from .._checks import check_int
from .._spec import register
from .strategy import Candidates, Query, Strategy

LARGE = 2000  # rows of a cluster, beyond which its density is that of some of them
SMALL = 5  # rows; a smaller cluster is an outlier's
MANY = 50  # clusters; more are found on parts of the rows


@register
@dataclass(frozen=True, repr=False)
class Random(Strategy):
    """Rows as they come, each equally likely: what every other strategy has to beat.

    Examples
    --------
    >>> import numpy as np
    >>> from layerwise import Candidates, Random
    >>> Random().choose(Candidates(np.eye(5)), 1)
    [Query(row=4, reason='drawn at random')]
    """

    def chosen(self, pool: Candidates, n: int, rng: np.random.Generator) -> list[Query]:
        rows = rng.choice(pool.open, n, replace=False)
        return [Query(int(row), "drawn at random") for row in rows]


@register
@dataclass(frozen=True, repr=False)
class Typical(Strategy):
    """As many clusters of codes as there are labels and queries; of the clusters without a label,
    the largest first, the row with the highest density, one over the mean distance to its
    ``neighbours``.

    For few labels: what a cluster looks like is learned before what lies between two.

    Parameters
    ----------
    neighbours : int, default 20
        At least 1.
    most : int, default 500
        Clusters at most, at least 2.

    References
    ----------
    Hacohen, Dekel and Weinshall (2022), "Active learning on a budget: opposite strategies suit high
    and low budgets" (TypiClust).

    Examples
    --------
    >>> import numpy as np
    >>> from layerwise import Candidates, Typical
    >>> rng = np.random.default_rng(0)
    >>> codes = np.concatenate([rng.normal(0, 1, (30, 2)), rng.normal(20, 1, (20, 2))])
    >>> [query.reason for query in Typical().choose(Candidates(codes), 2)]
    ['typical of 30 rows that are alike', 'typical of 20 rows that are alike']
    """

    neighbours: int = 20
    most: int = 500

    def __post_init__(self) -> None:
        check_int(self, "neighbours", self.neighbours, 1)
        check_int(self, "most", self.most, 2)

    def chosen(self, pool: Candidates, n: int, rng: np.random.Generator) -> list[Query]:
        seed = int(rng.integers(2**31))
        most = min(len(pool.labelled) + n, self.most, max(1, len(pool.codes) // SMALL))
        cluster = clusters(pool.codes, most, seed)
        sizes = np.bincount(cluster)
        labels = np.bincount(cluster[pool.labelled], minlength=len(sizes))
        room = np.bincount(cluster[pool.open], minlength=len(sizes))
        left: dict[int, list[int]] = {}
        found: list[Query] = []
        while len(found) < n:
            full = np.flatnonzero(room)
            large = [c for c in full if sizes[c] >= SMALL] or full
            c = int(min(large, key=lambda one: (labels[one], -sizes[one], one)))
            if c not in left:
                left[c] = self._ranked(pool, np.flatnonzero(cluster == c), rng)
            found.append(Query(left[c].pop(0), _typical(int(sizes[c]), int(labels[c]))))
            labels[c] += 1
            room[c] -= 1
        return found

    def _ranked(self, pool: Candidates, rows: np.ndarray, rng: np.random.Generator) -> list[int]:
        """Return a cluster's rows without a label, the densest first; of a large cluster those of
        2,000 rows, then the others."""
        if len(rows) > LARGE:
            first = np.sort(rng.choice(rows, LARGE, replace=False))
            others = np.setdiff1d(rows, first)
            rest = others[np.isin(others, pool.open)].tolist()
            return [*self._ranked(pool, first, rng), *rest]
        near = min(self.neighbours, len(rows) - 1)
        if near < 1:
            order = np.arange(len(rows))
        else:
            known = NearestNeighbors(n_neighbors=near).fit(pool.codes[rows])
            order = np.argsort(known.kneighbors()[0].mean(1), kind="stable")
        wanted = np.isin(rows, pool.open)
        return [int(rows[i]) for i in order if wanted[i]]


@register
@dataclass(frozen=True, repr=False)
class Coverage(Strategy):
    """The row that is farthest from every labelled one, again and again (k-centre, greedily). For
    classes and for numbers.

    References
    ----------
    Sener and Savarese (2018), "Active learning for convolutional neural networks: a core-set
    approach".

    Examples
    --------
    >>> import numpy as np
    >>> from layerwise import Coverage, Candidates
    >>> pool = Candidates([[0.0], [1.0], [9.0]], labelled=[0])
    >>> [query.row for query in Coverage().choose(pool, 2)]
    [2, 1]
    """

    def chosen(self, pool: Candidates, n: int, rng: np.random.Generator) -> list[Query]:
        codes = pool.codes.astype(np.float64)
        codes -= codes.mean(0)
        squares = np.square(codes).sum(1)
        if len(pool.labelled):
            away = pairwise_distances_argmin_min(codes, codes[pool.labelled])[1]
        else:  # nothing is covered: begin in the middle
            away = 1.0 / (1e-12 + np.sqrt(squares))
        found: list[Query] = []
        left = np.zeros(len(codes), dtype=bool)
        left[pool.open] = True
        for i in range(n):
            row = int(np.argmax(np.where(left, away, -np.inf)))
            first = i == 0 and not len(pool.labelled)
            reason = "in the middle of all rows" if first else "far from every labelled row"
            found.append(Query(row, reason))
            left[row] = False
            apart = squares + squares[row] - 2 * (codes @ codes[row])
            distance = np.sqrt(np.maximum(apart, 0.0))
            away = distance if first else np.minimum(away, distance)
        return found


def clusters(codes: np.ndarray, k: int, seed: int) -> np.ndarray:
    """Return the cluster of each row, from 0; found on parts of the rows where there are many."""
    k = min(k, len(np.unique(codes, axis=0)) if len(codes) <= 1000 else len(codes))
    kind = KMeans if k <= MANY else MiniBatchKMeans
    found = kind(n_clusters=k, n_init="auto", random_state=seed).fit_predict(codes)
    return np.unique(found, return_inverse=True)[1]


def _typical(size: int, labels: int) -> str:
    if size == 1:
        return "like no other row"
    alike = f"typical of {size:,} rows that are alike"
    if not labels:
        return alike
    return f"{alike}, of which {labels} {'has' if labels == 1 else 'have'} a label"
