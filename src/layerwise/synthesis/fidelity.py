"""What made-up rows are worth as rows: three questions with intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest, norm, rankdata
from sklearn.cluster import KMeans
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import NearestNeighbors

from .._errors import DataError

LEAST = 50  # rows of each kind, below which nothing can be told
MOST = 2000  # of each kind that are looked at, drawn by chance
CLUSTERS = 20
LEVEL = 0.95
RARE = 0.5  # of what is expected of a cluster; fewer are few
APART = 0.6  # of pairs that a classifier puts in order; more is easily told apart


class Share(NamedTuple):
    """A share with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Fidelity:
    """What was found about made-up rows.

    Parameters
    ----------
    told_apart : Share
        How often a random forest gives a made-up row a higher chance of being made up than a real
        one (the area under its curve, by cross-validation): 0.5 where it cannot tell, 1 where it
        always can.
    nearer : Share
        Of the made-up rows, those that lie nearer to a row that was learned from than to one that
        was held out, of as many: 0.5 where nothing is copied.
    missing : tuple of (int, int, int)
        Groups of real rows that the made-up ones hardly reach: how many real rows are in one, how
        many made-up ones were to be expected, how many there are.
    """

    told_apart: Share
    nearer: Share
    missing: tuple[tuple[int, int, int], ...]

    @property
    def copies(self) -> bool:
        """Whether made-up rows are shown to lie nearer to what was learned from."""
        return self.nearer.low > 0.5

    @property
    def sentences(self) -> list[str]:
        """What was found, in words."""
        one, near = self.told_apart, self.nearer
        if one.low <= 0.5:
            told = "A random forest cannot tell them from real rows"
        else:
            easily = "easily" if one.value > APART else "somewhat"
            told = f"A random forest tells them {easily} from real rows"
        found = [
            f"{told}: it puts {one.value:.0%} of pairs in order "
            f"[{one.low:.0%}, {one.high:.0%}]; 50 % is chance."
        ]
        copies = (
            "They lie nearer to the rows that were learned from than to others: they are copies in "
            "part"
            if self.copies
            else "They are not shown to copy the rows that were learned from"
        )
        found.append(
            f"{copies}: {near.value:.0%} [{near.low:.0%}, {near.high:.0%}] are nearer to one of "
            "them than to one that was held out; 50 % is chance."
        )
        for real, expected, there in self.missing:
            found.append(
                f"A group of {real:,} real rows is hardly reached: {there:,} made-up rows lie in "
                f"it, {expected:,} were to be expected."
            )
        return found


def tried(
    learned: np.ndarray, held_out: np.ndarray, made: np.ndarray, random_state: int = 0
) -> Fidelity:
    """Ask three questions of made-up rows: can they be told apart, are they copies, is a group
    missing?

    Parameters
    ----------
    learned : array of shape (n, d)
        Rows that were learned from, as numbers on like scales.
    held_out : array of shape (m, d)
        Real rows that were not.
    made : array of shape (k, d)
        At least 50 of each; of more than 2,000 as many are drawn.
    random_state : int, default 0

    Raises
    ------
    DataError
        When there are too few rows, of different widths, or numbers that are not finite.

    References
    ----------
    Lopez-Paz and Oquab (2017), "Revisiting classifier two-sample tests". Meehan, Chaudhuri and
    Dasgupta (2020), "A non-parametric test to detect data-copying in generative models" (the
    comparison of distances to what was learned from and to what was held out).

    Examples
    --------
    >>> import numpy as np
    >>> from layerwise.synthesis import tried
    >>> rng = np.random.default_rng(0)
    >>> real = rng.normal(size=(600, 3))
    >>> good = tried(real[:300], real[300:], rng.normal(size=(300, 3)))
    >>> good.copies, good.missing
    (False, ())
    >>> tried(real[:300], real[300:], real[:300]).copies
    True
    """
    rng = np.random.default_rng([random_state, 41])
    learned, held_out, made = (
        _some(name, rows, rng)
        for name, rows in (("learned", learned), ("held_out", held_out), ("made", made))
    )
    if not learned.shape[1] == held_out.shape[1] == made.shape[1]:
        widths = f"{learned.shape[1]}, {held_out.shape[1]} and {made.shape[1]}"
        raise DataError(f"The rows have {widths} columns.", "Give rows of the same columns.")
    return Fidelity(
        _told_apart(held_out, made, random_state),
        _nearer(learned, held_out, made, rng),
        _missing(learned, held_out, made, random_state),
    )


def _some(name: str, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    rows = np.asarray(rows, dtype=np.float64).reshape(len(rows), -1)
    if len(rows) < LEAST:
        raise DataError(f"There are {len(rows)} rows in {name}; {LEAST} are needed.", "Give more.")
    if not np.isfinite(rows).all():
        raise DataError(f"{name} holds a number that is not finite.", "Fill in what is missing.")
    return rows if len(rows) <= MOST else rows[rng.choice(len(rows), MOST, replace=False)]


def _told_apart(real: np.ndarray, made: np.ndarray, seed: int) -> Share:
    """Return the area under a forest's curve, with the interval of Hanley and McNeil (1982)."""
    n = min(len(real), len(made))
    X = np.concatenate([real[:n], made[:n]])
    y = np.repeat([0, 1], n)
    forest = RandomForestClassifier(200, min_samples_leaf=3, random_state=seed)
    parts = StratifiedKFold(5, shuffle=True, random_state=seed)
    p = cross_val_predict(forest, X, y, cv=parts, method="predict_proba")[:, 1]
    area = (rankdata(p)[y == 1].sum() - n * (n + 1) / 2) / n**2
    one, two = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (n - 1) * (one + two - 2 * area**2)
    half = norm.ppf((1 + LEVEL) / 2) * np.sqrt(max(spread, 0.0)) / n
    return Share(float(area), max(0.0, float(area - half)), min(1.0, float(area + half)))


def _nearer(
    learned: np.ndarray, held_out: np.ndarray, made: np.ndarray, rng: np.random.Generator
) -> Share:
    """Return the share of made-up rows whose nearest real row was learned from, with the interval
    of what it would be if as many real rows had been parted at random.

    A real row that many made-up ones are near to counts as often: rows that stand together are not
    independent, and which half of the real rows they are near to may be chance.
    """
    n = min(len(learned), len(held_out))
    near = [
        NearestNeighbors(n_neighbors=1).fit(rows[rng.permutation(len(rows))[:n]]).kneighbors(made)
        for rows in (learned, held_out)
    ]
    (own, mine), (other, theirs) = (tuple(part[:, 0] for part in pair) for pair in near)
    won = np.where(own == other, 0.5, own < other)
    counts = np.bincount(mine, won, 2 * n) + np.bincount(theirs + n, 1 - won, 2 * n)
    value = float(won.mean())
    spread = np.sqrt(n / 2 * counts.var(ddof=1)) / len(made)  # half of 2n, without replacement
    half = float(norm.ppf((1 + LEVEL) / 2) * spread)
    return Share(value, max(0.0, value - half), min(1.0, value + half))


def _missing(
    learned: np.ndarray, held_out: np.ndarray, made: np.ndarray, seed: int
) -> tuple[tuple[int, int, int], ...]:
    """Return groups in which made-up rows are fewer than half of what is expected, and shown to be
    so (one-sided, Bonferroni's level over the groups)."""
    real = np.concatenate([learned, held_out])
    k = min(CLUSTERS, len(real) // 25)
    groups = KMeans(k, n_init=3, random_state=seed).fit(real)
    there = np.bincount(groups.predict(made), minlength=k)
    known = np.bincount(groups.labels_, minlength=k)
    found = []
    for count, own in zip(there, known, strict=True):
        share = own / len(real)
        few = binomtest(int(count), len(made), RARE * share, alternative="less").pvalue
        if few < (1 - LEVEL) / k:
            found.append((int(own), round(share * len(made)), int(count)))
    return tuple(found)
