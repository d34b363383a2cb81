"""Means over few draws and paired differences, with intervals that hold for other draws of labels
and other test rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import stats

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


def estimate(draws: Sequence[RowScores], least: float = 0.0) -> Estimate:
    """Return the mean over draws with its 95 % interval, for another draw of labels *and* another
    test row.

    The variance of the mean of the draws' means is ``s² / n + c``: ``s²`` their variance, and ``c``
    the mean covariance of two draws because both are tested on some same rows, estimated from the
    products of the two draws' deviations on those rows. With a common test part that is the
    analysis of variance of draws by rows (both random); with test parts that have no row in common
    it is Student's paired t. Degrees of freedom by Satterthwaite.

    Parameters
    ----------
    draws : sequence of RowScores
    least : float
        Smallest half-width, for scores that do not differ at all on finitely many rows.

    References
    ----------
    Cornfield and Tukey (1956), "Average values of mean squares in factorials"; Satterthwaite
    (1946), "An approximate distribution of estimates of variance components".

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
    between = float(means.var(ddof=1)) / n
    common, rows = _covariance(draws)
    if between <= 1e-24:  # equal means by chance: the test rows alone would move them
        between = (
            float(
                np.mean(
                    [
                        draw.values.var(ddof=1) / len(draw.values)
                        for draw in draws
                        if len(draw.values) > 1
                    ]
                    or [0.0]
                )
            )
            / n
        )
    variance = between + common
    if variance <= 1e-24:
        p = 1.0 if abs(mean) <= 1e-12 else 0.0
        return Estimate(mean, mean - least, mean + least, 0.0, float(n - 1), p, n)
    freedom = variance**2 / (between**2 / (n - 1) + (common**2 / (rows - 1) if rows > 1 else 0.0))
    error = math.sqrt(variance)
    half = float(stats.t.ppf(0.5 + LEVEL / 2, freedom)) * error
    p = float(2 * stats.t.sf(abs(mean) / error, freedom))
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
    size = max(int(draw.rows.max()) for draw in draws) + 1
    total, squares, count = np.zeros(size), np.zeros(size), np.zeros(size, dtype=int)
    for draw in draws:
        weighted = (draw.values - draw.values.mean()) / len(draw.values)
        np.add.at(total, draw.rows, weighted)
        np.add.at(squares, draw.rows, weighted**2)
        np.add.at(count, draw.rows, 1)
    shared = count > 1
    products = float(
        (total[shared] ** 2 - squares[shared]).sum()
    )  # over ordered pairs of different draws
    return max(products / (n * (n - 1)), 0.0), int(shared.sum())


def holm(p: Sequence[float]) -> list[float]:
    """Return p-values adjusted for their number.

    References
    ----------
    Holm (1979), "A simple sequentially rejective multiple test procedure".

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    largest = 0.0
    for rank, i in enumerate(order):
        largest = max(largest, min(1.0, (len(p) - rank) * p[i]))
        adjusted[i] = largest
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
    t = stats.t(difference.freedom, loc=difference.mean, scale=difference.error)
    return float(t.cdf(practical) - t.cdf(-practical))


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
