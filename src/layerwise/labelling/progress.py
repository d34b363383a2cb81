"""What labels have brought so far, and what more of them would bring."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import norm, t
from sklearn.linear_model import LogisticRegression, Ridge

from .._errors import DataError
from .ensemble import scaled

STEP = 40  # labels, of which the last and the next are judged
POINT = 0.01
WORTH = 0.004  # of the rows, on which a linear model says that it has become better
CHANGED = 0.05  # of the rows, whose answer has changed
BACK = (0, 20, 40)  # labels ago, at which this must have held as well: once may be luck
FROM = STEP + BACK[-1] + 40  # labels, from which advice is given
POINTS = 8  # of the learning curve
FOLDS, MANY, FEW_FOLDS = 10, 20, 5  # parts of cross-validation; fewer with more than 20 classes
FEWEST = 10  # rows drawn by chance, below which nothing is said of them
LEVEL = 0.95


class Estimate(NamedTuple):
    """A share of rows with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Progress:
    """How good a linear model on codes is with the labels so far.

    Parameters
    ----------
    labels, drawn : int
        Rows with a label, and those of them that chance drew: estimates rest on these alone.
    score : Estimate, optional
        The share of rows that it is right on; for numbers, how much smaller its mean absolute error
        is than that of the median. None with fewer than 10 rows that chance drew.
    curve : tuple of (int, Estimate)
        Numbers of labels, in the order in which they came, and the score with each.
    recent : Estimate, optional
        What the last 40 labels brought, measured on the rows that chance drew.
    changed, expected : float, optional
        The share of all rows whose answer the last 40 labels have changed, and what that is worth
        by what the model says of those rows itself. For numbers the mean change of an answer, over
        the mean absolute error of the median, is both.
    enough : bool
        Whether 40 more labels are expected to bring less than a point.
    """

    labels: int
    drawn: int
    score: Estimate | None = None
    curve: tuple[tuple[int, Estimate], ...] = ()
    recent: Estimate | None = None
    changed: float | None = None
    expected: float | None = None
    enough: bool = False
    unit: str = field(default="points", repr=False)

    @property
    def advice(self) -> str:
        """Whether more labels pay, in words."""
        if self.changed is None or self.expected is None:
            return f"Whether more labels pay is said from {FROM} labels on."
        brought = ""
        if self.recent is not None:
            low, high = (f"{100 * x:+.1f}" for x in self.recent[1:])
            brought = (
                f"The last {STEP} labels brought {100 * self.recent.value:+.1f} {self.unit} "
                f"[{low}, {high}] on {self.drawn:,} rows that chance drew. "
            )
        changed = f"They changed {self._changes()}"
        if self.enough:
            return (
                f"{brought}{changed}: {STEP} more are expected to bring less than a point. You may "
                "stop."
            )
        return f"{brought}{changed}: more labels may still pay."

    def _changes(self) -> str:
        if self.unit != "points":
            return f"answers by {self.changed:.1%} of the error of a guess"
        worth = f"which the model itself takes for {100 * (self.expected or 0):.1f} points"
        return f"the answer on {self.changed:.1%} of all rows, {worth}"


def progress(
    codes: np.ndarray,
    rows: Sequence[int] | np.ndarray,
    labels: Sequence[object] | np.ndarray,
    drawn: Sequence[bool] | np.ndarray,
    *,
    task: str = "classification",
    curve: bool = True,
) -> Progress:
    """Return what labels have brought so far, by a linear model on codes.

    Rows that a strategy chose are no fair sample: they are learned from, and only the rows that
    chance drew are judged by, each by models that have not seen it (cross-validation). The same
    rows are judged by at every number of labels, so that two of them are compared row by row. The
    intervals are Wilson's for a share of right answers, Agresti and Min's for the difference of
    two, and Student's for numbers, with the error of the guess in it.

    Whether 40 more labels pay is read off all rows, with a label or not: where 40 labels have
    changed the answer on at most 5 % of them, and the model gives its new answers at most 0.4
    points more than those that it gave before, now, 20 and 40 labels ago, the next 40 are expected
    to bring less than a point. For numbers: where the answers have moved by at most 1 % of the
    error of a guess. The rule is measured, not proved (``make stopping``).

    Parameters
    ----------
    codes : array of shape (n, k)
    rows : sequence of int
        The labelled ones, in the order in which they got their labels.
    labels : sequence
        Of these rows: classes, or numbers.
    drawn : sequence of bool
        Which of these rows chance drew.
    task : {'classification', 'regression'}
    curve : bool, default True
        Whether the whole curve is wanted; else the last 40 labels alone are looked at.

    Raises
    ------
    DataError
        When the lengths differ.

    References
    ----------
    Agresti and Min (2005), "Simple improved confidence intervals for comparing matched
    proportions".

    Examples
    --------
    >>> import numpy as np
    >>> from layerwise.labelling import progress
    >>> rng = np.random.default_rng(0)
    >>> codes = rng.normal(size=(500, 2))
    >>> says = progress(codes, range(160), codes[:160, 0] > 0, np.arange(160) % 2 == 0)
    >>> says.drawn, says.score.value > 0.9, says.enough
    (80, True, True)
    """
    codes = np.asarray(codes)
    rows, drawn = np.asarray(rows, dtype=np.int64), np.asarray(drawn, dtype=bool)
    if not len(rows) == len(labels) == len(drawn):
        raise DataError(
            f"{len(rows)} rows, {len(labels)} labels and {len(drawn)} marks were given.",
            "Give one label and one mark for each row.",
        )
    judge = _Judge.of(codes, rows, labels, drawn, task)
    n = len(rows)
    found: dict[str, Any] = {"labels": n, "drawn": int(drawn.sum()), "unit": judge.unit}
    if n < 2 or judge.constant:
        return Progress(**found)
    if drawn.sum() >= FEWEST:
        at = _numbers(n) if curve else sorted({max(n - STEP, 1), n})
        scores = {m: judge.scores(m) for m in at if judge.learns(m)}
        found["curve"] = tuple((m, judge.estimate(score)) for m, score in scores.items())
        found["score"] = judge.estimate(scores[n])
        if n - STEP in scores:
            found["recent"] = judge.difference(scores[n] - scores[n - STEP])
    if n >= FROM and judge.learns(n - STEP - BACK[-1]):
        changes = [judge.change(n - back - STEP, n - back) for back in BACK]
        enough = all(share <= CHANGED and worth <= judge.worth for share, worth in changes)
        changed, expected = changes[0]
        found |= {"changed": changed, "expected": expected, "enough": enough}
    return Progress(**found)


def _numbers(n: int) -> list[int]:
    """Return numbers of labels for a curve: the last, 40 before it, and others evenly between."""
    evenly = np.linspace(0, n, POINTS + 1)[1:].round().astype(int).tolist()
    if n <= STEP:
        return sorted(set(evenly))
    return sorted({m for m in evenly if abs(m - n + STEP) > n / (2 * POINTS)} | {n - STEP, n})


@dataclass(frozen=True, eq=False)
class _Judge:
    """A linear model on codes, fitted on the first labels."""

    codes: np.ndarray  # of all rows, scaled
    rows: np.ndarray
    y: np.ndarray
    drawn: np.ndarray  # places among the labelled rows
    task: str
    guesses: np.ndarray  # for numbers: the absolute error of the median on each row

    @classmethod
    def of(
        cls,
        codes: np.ndarray,
        rows: np.ndarray,
        labels: Sequence[object] | np.ndarray,
        drawn: np.ndarray,
        task: str,
    ) -> _Judge:
        y: np.ndarray
        if task == "regression":
            y = np.asarray(labels, dtype=np.float64)
            # rows that a strategy chose are no fair sample of a guess's error either
            fair = y[drawn] if drawn.sum() >= FEWEST else y
            guesses = np.abs(fair - np.median(fair)) if len(y) else np.zeros(1)
        else:
            y = np.unique(np.array([str(one) for one in labels]), return_inverse=True)[1]
            guesses = np.ones(1)
        return cls(scaled(codes), rows, y, np.flatnonzero(drawn), task, guesses)

    @property
    def guess(self) -> float:
        """The mean absolute error of the median."""
        return float(self.guesses.mean())

    @property
    def unit(self) -> str:
        return "points" if self.task == "classification" else "points of a guess's error"

    @property
    def worth(self) -> float:
        return WORTH if self.task == "classification" else POINT

    @property
    def constant(self) -> bool:
        return self.guess == 0.0 or len(np.unique(self.y)) < 2

    def learns(self, m: int) -> bool:
        """Say whether the first labels are of two kinds."""
        return m > 1 and len(np.unique(self.y[:m])) > 1

    def fitted(self, places: np.ndarray) -> LogisticRegression | Ridge | None:
        """Return the model of some labelled rows; None where they are all of one class."""
        y = self.y[places]
        if self.task == "regression":
            return Ridge(1.0).fit(self.codes[self.rows[places]], y) if len(y) else None
        if len(np.unique(y)) < 2:
            return None
        with warnings.catch_warnings():  # few labels of many classes are classes all the same
            warnings.filterwarnings("ignore", "The number of unique classes is greater")
            return LogisticRegression(max_iter=1000).fit(self.codes[self.rows[places]], y)

    def scores(self, m: int) -> np.ndarray:
        """Return how good models of the first ``m`` labels are on each row that chance drew, by
        models that have not seen it."""
        found = np.empty(len(self.drawn))
        later = self.drawn >= m
        first = np.arange(m)
        parts = [np.flatnonzero(later)]
        seen = np.flatnonzero(~later)
        folds = FEW_FOLDS if self.task != "regression" and self.y.max() >= MANY else FOLDS
        parts += [seen[i::folds] for i in range(min(folds, len(seen)))]
        for part in parts:
            if len(part):
                held = self.drawn[part]
                found[part] = self._right(np.setdiff1d(first, held), held)
        return found

    def _right(self, learned: np.ndarray, held: np.ndarray) -> np.ndarray:
        model, y = self.fitted(learned), self.y[held]
        if self.task == "regression":
            said = 0.0 if model is None else model.predict(self.codes[self.rows[held]])
            return 1.0 - np.abs(said - y) / self.guess
        if model is None:
            only = self.y[learned[0]] if len(learned) else -1
            return (y == only).astype(float)
        return (model.predict(self.codes[self.rows[held]]) == y).astype(float)

    def estimate(self, scores: np.ndarray) -> Estimate:
        return _share(scores) if self.task == "classification" else self._ratio(scores, 1.0)

    def difference(self, scores: np.ndarray) -> Estimate:
        """Return the mean difference of two models on the same rows."""
        return _paired(scores) if self.task == "classification" else self._ratio(scores, 0.0)

    def _ratio(self, scores: np.ndarray, best: float) -> Estimate:
        """Return the mean of scores that are errors over a guess's error: its own error, which is
        measured on the same rows, is part of the interval (the delta method)."""
        mean = float(scores.mean())
        lost = best - scores  # errors, over the mean error of a guess
        around = lost - (best - mean) * (self.guesses / self.guess)
        return _mean(around, mean)

    def change(self, before: int, now: int) -> tuple[float, float]:
        """Return the share of all rows whose answer is another one, and how much more the model
        gives the new answers than the old ones."""
        old, new = (self.fitted(np.arange(m)) for m in (before, now))
        assert old is not None and new is not None
        if isinstance(old, Ridge) or isinstance(new, Ridge):
            moved = np.abs(new.predict(self.codes) - old.predict(self.codes)).mean() / self.guess
            return float(moved), float(moved)
        p = new.predict_proba(self.codes)
        said = old.predict(self.codes)
        place = np.searchsorted(new.classes_, said)
        every = np.arange(len(p))
        return float((p.argmax(1) != place).mean()), float((p.max(1) - p[every, place]).mean())


def _share(right: np.ndarray) -> Estimate:
    """Return a share with Wilson's interval."""
    n, p, z = len(right), float(right.mean()), float(norm.ppf((1 + LEVEL) / 2))
    middle, half = (p + z * z / (2 * n)), z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low, high = ((middle + side * half) / (1 + z * z / n) for side in (-1, 1))
    return Estimate(p, float(low), float(high))


def _paired(differences: np.ndarray) -> Estimate:
    """Return the difference of two shares on the same rows, -1, 0 or 1 each, with the interval of
    Agresti and Min: half a row is added to those on which either is better alone."""
    n, better, worse = len(differences), (differences > 0).sum(), (differences < 0).sum()
    m, apart = n + 2, better - worse
    half = norm.ppf((1 + LEVEL) / 2) * np.sqrt((better + worse + 1) - apart**2 / m) / m
    return Estimate(float(differences.mean()), float(apart / m - half), float(apart / m + half))


def _mean(values: np.ndarray, mean: float) -> Estimate:
    """Return a mean with Student's interval, by values that spread around it."""
    n = len(values)
    if n < 2:
        return Estimate(mean, -np.inf, np.inf)
    half = float(t.ppf((1 + LEVEL) / 2, n - 1) * values.std(ddof=1) / np.sqrt(n))
    return Estimate(mean, mean - half, mean + half)
