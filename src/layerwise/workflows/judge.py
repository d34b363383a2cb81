"""Did it help? What one draw of labels can say, and what several can."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import stats
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from .._indexing import rows_of
from .problem import Problem
from .words import PRETRAINING, ArmWords

LEVEL = 0.95
WEAK = 0.02


def compare(
    problem: Problem,
    answers: dict[str, np.ndarray],
    scores: dict[str, float],
    words: ArmWords = PRETRAINING,
) -> dict[str, Any]:
    """Return the paired difference on the test rows, with an interval for those rows, and a
    headline.

    The interval says how far another test part would have moved the difference; it knows nothing of
    other draws of labels.
    """
    truth = problem.test_y
    assert truth is not None
    values = [
        _row_scores(truth, answers[arm], problem.task) for arm in ("pretrained", "random_start")
    ]
    rows = values[0] - values[1]
    low, high = _exact(rows) if problem.task == "classification" else _students(rows)
    difference = {
        "mean": float(rows.mean()),
        "low": low,
        "high": high,
        "of": "test rows",
        "level": LEVEL,
    }
    return {"difference": difference, "headline": headline(problem, scores, difference, words)}


def headline(
    problem: Problem,
    scores: dict[str, float],
    difference: dict[str, Any],
    words: ArmWords = PRETRAINING,
) -> dict[str, str]:
    """Return a kind ('helps', 'hurts', 'unsure') and a sentence or two."""
    kind = kind_of(difference)
    name, form = ("accuracy", "{:.1%}") if problem.task == "classification" else ("R²", "{:.3f}")
    pair = (
        f"test {name} {form.format(scores['pretrained'])} instead of "
        f"{form.format(scores['random_start'])} {words.instead}"
    )
    rows = 0 if problem.test_y is None else len(problem.test_y)
    said = {
        "helps": f"On this draw of labels, {words.cause} helped",
        "hurts": f"On this draw of labels, {words.cause} hurt",
        "unsure": f"On this draw of labels, {words.cause} made no difference that {rows:,} test "
        "rows can show",
    }[kind]
    return {
        "kind": kind,
        "text": f"{said}: {pair}, with {len(problem.labelled):,} labels. Another draw can differ.",
    }


def _exact(rows: np.ndarray) -> tuple[float, float]:
    """Return an interval for a mean of -1, 0 and 1, exact given how many rows the arms answer
    differently (McNemar's test)."""
    n, wins, different = len(rows), int((rows > 0).sum()), int((rows != 0).sum())
    if not different:
        most = 1 - ((1 - LEVEL) / 2) ** (
            1 / n
        )  # the share of differing rows that could have gone unseen
        return -most, most
    share = stats.binomtest(wins, different).proportion_ci(LEVEL, "exact")
    return tuple(float(different / n * (2 * end - 1)) for end in (share.low, share.high))  # type: ignore[return-value]


def _students(rows: np.ndarray) -> tuple[float, float]:
    interval = stats.ttest_1samp(rows, 0).confidence_interval(LEVEL) if rows.std() > 0 else None
    return (
        (float(interval.low), float(interval.high))
        if interval is not None
        else (-math.inf, math.inf)
    )


def flags_of(
    random_start: float, baseline: dict[str, Any], words: ArmWords = PRETRAINING
) -> list[str]:
    """Return a warning when the control is worse than a linear model by more than two points."""
    if random_start >= baseline["value"] - WEAK:
        return []
    name = baseline["name"]
    control = "The random start" if words is PRETRAINING else "The arm with labels alone"
    return [
        f"{control} is worse than {name} by more than two points: a weak control. Read the "
        f"comparison with {name} too."
    ]


def over_draws(values: list[float]) -> dict[str, Any]:
    """Return the mean of paired differences over draws with its 95 % interval by Student's t."""
    array = np.asarray(values, dtype=float)
    n = len(array)
    half = (
        float(stats.t.ppf(0.5 + LEVEL / 2, n - 1) * array.std(ddof=1) / math.sqrt(n))
        if n > 1
        else math.inf
    )
    mean = float(array.mean())
    return {
        "mean": mean,
        "low": mean - half,
        "high": mean + half,
        "of": "draws",
        "draws": n,
        "level": LEVEL,
    }


def kind_of(difference: dict[str, Any]) -> str:
    """Return which side of 0 an interval lies on."""
    return "helps" if difference["low"] > 0 else "hurts" if difference["high"] < 0 else "unsure"


def floor(problem: Problem, model: Any) -> dict[str, Any]:
    """Return what a linear model reaches with the same labels on the same preprocessed columns."""
    rows = problem.labelled
    pretrainer = model.pretrainer_
    assert problem.y is not None and problem.test_y is not None
    inputs = [pretrainer.encode(part, depth=0) for part in (_take(problem.X, rows), problem.test_X)]
    if problem.task == "classification":
        linear = LogisticRegression(max_iter=2000)
        score = linear.fit(inputs[0], np.array(problem.y[rows].tolist())).score(
            inputs[1], np.array(problem.test_y.tolist())
        )
        return {"name": "logistic regression", "value": float(score)}
    linear = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 3, 13)))
    score = linear.fit(inputs[0], problem.y[rows].astype(float)).score(
        inputs[1], problem.test_y.astype(float)
    )
    return {"name": "ridge regression", "value": float(score)}


def _take(X: Any, rows: np.ndarray) -> Any:
    return rows_of(X, rows)


def _row_scores(truth: np.ndarray, answer: np.ndarray, task: str | None) -> np.ndarray:
    """Return scores whose mean is the accuracy or R²."""
    if task == "classification":
        return (np.array(truth.tolist()) == answer).astype(float)
    y = truth.astype(float)
    return 1 - (y - answer) ** 2 / max(float(y.var()), 1e-300)
