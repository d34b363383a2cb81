"""Means over few draws and paired differences, with intervals that hold for other draws of labels
and other test rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import stats
from scipy.special import stdtr, stdtrit

LEVEL = 0.95


@dataclass(frozen=True, eq=False)
class RowScores:
    """Scores of the test rows of one draw.

    Parameters
    ----------
    rows : int array of shape (n,)
        Which test rows; the same number is the same row in another draw.
    values : array of shape (n,)
    """

    rows: np.ndarray = field(repr=False)
    values: np.ndarray = field(repr=False)

    def minus(self, other: RowScores) -> RowScores:
        """Return the paired differences."""
        return RowScores(self.rows, self.values - other.values)


@dataclass(frozen=True)
class Estimate:
    """A mean over draws and test rows.

    ``p`` is two-sided against 0; ``error`` the standard error; ``freedom`` the degrees of freedom
    of Student's t.
    """

    mean: float
    low: float
    high: float
    error: float
    freedom: float
    p: float
    draws: int


@dataclass(frozen=True)
class Sharing:
    """What draws have in common besides test rows.

    Parameters
    ----------
    labels : float in [0, 1)
        Mean share of labelled rows that two draws have in common.
    tested : float in [0, 1]
        Of the rows that some draw learns labels of and the rows that some draw is tested on: how
        many are both, over the geometric mean of their numbers. 0 with a test part of its own.

    Examples
    --------
    >>> Sharing()
    Sharing(labels=0.0, tested=0.0)
    """

    labels: float = 0.0
    tested: float = 0.0

    def mixed(self, other: Sharing, share: float) -> Sharing:
        """Return what lies between two of them, ``share`` of the way to the other."""
        return Sharing(
            (1 - share) * self.labels + share * other.labels,
            (1 - share) * self.tested + share * other.tested,
        )


APART = Sharing()


def estimate(draws: Sequence[RowScores], least: float = 0.0, sharing: Sharing = APART) -> Estimate:
    """Return the mean over draws with its 95 % interval, for another draw of labels *and* another
    test row.

    The variance of a draw's mean has a part of the labels and a part of the test rows. The second
    is known from the rows: ``w``, what draws do not have in common of it, and ``c``, the mean
    covariance of two draws because both are tested on some same rows, estimated from the products
    of the two draws' deviations on those rows. The first is what the variance of the draws' means
    holds beyond ``w``: ``l = (s² - w) / (1 - f)``, never below 0, where ``f`` is the share of
    labelled rows that two draws have in common. The variance of the mean is::

        l (1/n + (n - 1) f / n) + w / n + c + 2 x sqrt(l' (w / n + c))

    with ``l'`` the first term, ``x`` the overlap of rows learned from and rows tested on
    (:class:`Sharing`): a lucky row is lucky in both, and by the inequality of Cauchy and Schwarz
    the two kinds of luck have at most so much in common. With ``f = x = 0`` and one test part this
    is the analysis of variance of draws by rows (both random), with test parts that have no row in
    common Student's paired t; but by luck small ``s²`` does not fall below what the test rows alone
    make.
    Degrees of freedom by Satterthwaite, from the parts as they were seen: where ``s²`` fell below
    ``w``, the variance is known from many rows.

    Parameters
    ----------
    draws : sequence of RowScores
    least : float
        Smallest half-width: finitely many rows cannot tell less.
    sharing : Sharing

    References
    ----------
    Cornfield and Tukey (1956), "Average values of mean squares in factorials"; Satterthwaite
    (1946), "An approximate distribution of estimates of variance components"; Nadeau and Bengio
    (2003), "Inference for the generalization error".

    Examples
    --------
    >>> rows = np.arange(4)
    >>> one = estimate([RowScores(rows, np.full(4, v)) for v in (0.1, 0.2, 0.3)])
    >>> round(one.mean, 3), round(one.low, 3), one.freedom
    (0.2, -0.048, 2.0)
    """
    n = len(draws)
    if n == 0:
        return Estimate(math.nan, math.nan, math.nan, math.nan, math.nan, math.nan, 0)
    means = np.array([draw.values.mean() for draw in draws])
    mean = float(means.mean())
    if n == 1:
        return Estimate(mean, -math.inf, math.inf, math.inf, 0.0, 1.0, 1)
    common, rows = _covariance(draws)
    spread, own = float(means.var(ddof=1)), max(_test_noise(draws) - common, 0.0)
    of_labels = max(spread - own, 0.0) / (1 - sharing.labels)
    luck = of_labels * (1 + (n - 1) * sharing.labels) / n
    both = 2 * sharing.tested * math.sqrt(luck * (own / n + common))
    between = luck + own / n + both
    seen = min(spread / own, 1.0) if own else 1.0  # of it by the draws, the rest by their rows
    every = sum(len(draw.values) for draw in draws)
    parts = ((seen * between, n - 1), ((1 - seen) * own / n, every - 1), (common, rows - 1))
    return _student(mean, between + common, parts, n, least)


def _test_noise(draws: Sequence[RowScores]) -> float:
    """Return the variance of a draw's mean that its test rows make."""
    known = []
    for draw in draws:
        n, centred = len(draw.values), _centred(draw.values)
        if n > 1:
            known.append(float(centred @ centred) / (n - 1) / n)
    return sum(known) / len(known) if known else 0.0


def _student(
    mean: float, variance: float, parts: Sequence[tuple[float, int]], n: int, least: float
) -> Estimate:
    """Return the estimate from a variance, and the parts of it that were estimated with their
    degrees of freedom."""
    if variance <= 1e-24:
        p = 1.0 if abs(mean) <= max(least, 1e-12) else 0.0
        return Estimate(mean, mean - least, mean + least, 0.0, float(n - 1), p, n)
    unsure = sum(part**2 / freedom for part, freedom in parts if freedom > 0)
    freedom = min(variance**2 / max(unsure, 1e-300), 1e9)
    quantile = float(stdtrit(freedom, 0.5 + LEVEL / 2))  # of Student's t
    error = max(math.sqrt(variance), least / quantile)
    half = quantile * error
    p = float(2 * stdtr(freedom, -abs(mean) / error))
    return Estimate(mean, mean - half, mean + half, error, freedom, p, n)


def over_means(means: Sequence[float]) -> Estimate:
    """Return the mean of values that share nothing, with Student's interval.

    >>> round(over_means([0.1, 0.2, 0.3]).low, 3)
    -0.048
    """
    draws = [RowScores(np.array([i]), np.array([value])) for i, value in enumerate(means)]
    return estimate(draws)


def over_rows(differences: np.ndarray, classes: bool) -> Estimate:
    """Return the mean paired difference on the test rows of one draw, with an interval for those
    rows.

    It says how far another test part would have moved the difference, and knows nothing of other
    draws of labels. For classes, whose differences are -1, 0 and 1, it is exact given how many rows
    are answered differently; for numbers it is Student's.

    References
    ----------
    McNemar (1947), "Note on the sampling error of the difference between correlated proportions or
    percentages"; Clopper and Pearson (1934), "The use of confidence or fiducial limits illustrated
    in the case of the binomial".

    >>> over_rows(np.array([1.0] * 8 + [0.0] * 92), True).low > 0
    True
    """
    n, mean = len(differences), float(differences.mean())
    if classes:
        wins, different = int((differences > 0).sum()), int((differences != 0).sum())
        if not different:
            most = 1 - ((1 - LEVEL) / 2) ** (1 / n)  # the share of rows that could have gone unseen
            return Estimate(mean, -most, most, math.nan, n - 1.0, 1.0, 1)
        test = stats.binomtest(wins, different)
        share = test.proportion_ci(LEVEL, "exact")
        low, high = (float(different / n * (2 * end - 1)) for end in (share.low, share.high))
        return Estimate(mean, low, high, math.nan, n - 1.0, float(test.pvalue), 1)
    if n < 2 or differences.std() == 0:
        return Estimate(mean, -math.inf, math.inf, math.inf, 0.0, 1.0, 1)
    test = stats.ttest_1samp(differences, 0)
    interval = test.confidence_interval(LEVEL)
    error = float(differences.std(ddof=1)) / math.sqrt(n)
    return Estimate(
        mean, float(interval.low), float(interval.high), error, n - 1.0, float(test.pvalue), 1
    )


def _covariance(draws: Sequence[RowScores]) -> tuple[float, int]:
    """Return the mean covariance of two draws' means through shared test rows (at least 0), and how
    many rows are shared."""
    n = len(draws)
    rows = np.concatenate([draw.rows for draw in draws])  # a row is in a draw at most once
    weighted = np.concatenate([_centred(draw.values) / len(draw.values) for draw in draws])
    count = np.bincount(rows)
    total = np.bincount(rows, weights=weighted)
    squares = np.bincount(rows, weights=weighted * weighted)
    shared = count > 1
    products = float(
        (total[shared] ** 2 - squares[shared]).sum()
    )  # over ordered pairs of different draws
    return max(products / (n * (n - 1)), 0.0), int(shared.sum())


def _centred(values: np.ndarray) -> np.ndarray:
    return values - values.mean()


def holm(p: Sequence[float], weights: Sequence[float] | None = None) -> list[float]:
    """Return p-values adjusted for their number; with weights (of sum 1) those of more weight are
    adjusted less.

    References
    ----------
    Holm (1979), "A simple sequentially rejective multiple test procedure".

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    >>> holm([0.02, 0.5, 0.01], [0.5, 0.25, 0.25])
    [0.04, 0.5, 0.04]
    """
    weighs = np.full(len(p), 1 / max(len(p), 1)) if weights is None else np.asarray(weights)
    order = np.argsort(np.asarray(p) / weighs, kind="stable")
    adjusted = np.empty(len(p))
    largest, left = 0.0, 1.0
    for i in order:
        largest = max(largest, min(1.0, round(left / weighs[i], 12) * p[i]))
        adjusted[i] = largest
        left -= weighs[i]
    return [float(value) for value in adjusted]


def practically_nil(difference: Estimate, practical: float) -> float:
    """Return the probability that the true difference lies within ``practical`` of 0, from a flat
    prior.

    References
    ----------
    Benavoli, Corani, Demsar and Zaffalon (2017), "Time for a change: a tutorial for comparing
    multiple classifiers through Bayesian analysis".

    >>> round(practically_nil(Estimate(0.0, -0.01, 0.01, 0.005, 1e9, 1.0, 5), 0.005), 3)
    0.683
    """
    if difference.draws < 2:
        return math.nan
    if difference.error == 0:  # no row ever differed: as sure as the number of rows allows
        return 1.0 if max(abs(difference.low), abs(difference.high)) <= practical else 0.0
    mean, error, freedom = difference.mean, difference.error, difference.freedom
    below = [stdtr(freedom, (edge - mean) / error) for edge in (practical, -practical)]
    return float(below[0] - below[1])


def smallest_half_width(rows: int) -> float:
    """Return the share of differing rows that ``rows`` of them can miss at 95 %.

    >>> round(smallest_half_width(360), 4)
    0.0083
    """
    return 1 - (1 - LEVEL) ** (1 / max(rows, 1))


def weights_of(budgets: Sequence[int]) -> np.ndarray:
    """Return the weight of each budget in the mean height of a curve over the logarithm of the
    labels (trapezoids; sum 1).

    >>> weights_of([10, 100, 1000]).round(6).tolist()
    [0.25, 0.5, 0.25]
    """
    if len(budgets) == 1:
        return np.ones(1)
    steps = np.diff(np.log(np.asarray(budgets, dtype=float)))
    weights = np.zeros(len(budgets))
    weights[:-1] += steps / 2
    weights[1:] += steps / 2
    return weights / weights.sum()


def area(budgets: Sequence[int], values: Sequence[float]) -> float:
    """Return the mean height of a learning curve over the logarithm of the number of labels.

    >>> area([10, 100, 1000], [0.5, 0.7, 0.9])
    0.7
    """
    return round(float(weights_of(budgets) @ np.asarray(values)), 12)


def averaged(scores: Sequence[RowScores], weights: np.ndarray) -> RowScores:
    """Return the weighted mean of the scores of the same rows, at several budgets of one draw."""
    return RowScores(
        scores[0].rows, sum(w * one.values for w, one in zip(weights, scores, strict=True))
    )
