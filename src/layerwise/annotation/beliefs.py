"""What a linear model on codes makes of the labels so far: which rows to ask about, and what they
are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._json import Facts, jsonable
from ..labelling import Candidates, Strategy, TypicalThenMargin, progress
from ..labelling.ensemble import predictions, probabilities, scaled
from .answers import CHOSEN, Label
from .queue import Ask

SHOWN = 3  # classes, the most likely ones
LEAST = 10  # numbers, below which no models disagree
POOL = 20_000  # rows among which a strategy chooses, drawn by chance where there are more


@dataclass(frozen=True, eq=False)
class Known:
    """The labels so far.

    Parameters
    ----------
    rows : sequence of int
        In the order in which they got their labels.
    labels : sequence of str or float
    drawn : sequence of bool
        Which of the rows chance drew.
    busy : sequence of int
        Other rows that are not asked about: skipped, disputed.
    """

    rows: Sequence[int]
    labels: Sequence[Label]
    drawn: Sequence[bool]
    busy: Sequence[int] = ()


@dataclass(frozen=True, eq=False)
class Beliefs:
    """What is believed with some labels.

    Parameters
    ----------
    labels : int
        How many there were.
    asks : list of Ask
        Rows to ask about, the first ones first.
    says : dict
        What is believed of each of these rows: ``[[class, probability], ...]``, the most likely
        first, or ``[[number, None]]``.
    progress : dict, optional
        As plain data, for the page; None where it is not judged yet.
    """

    labels: int
    asks: list[Ask]
    says: dict[int, list[list[Any]]]
    progress: Facts | None


def believe(
    codes: np.ndarray,
    known: Known,
    *,
    task: str = "classification",
    n: int = 40,
    strategy: Strategy | None = None,
    seed: int = 0,
    judged: bool = True,
) -> Beliefs:
    """Return what to ask about next, and how far labelling has come.

    Of many rows a strategy sees 20,000 that chance draws, and those that are labelled: it answers
    in seconds, and chance within it is still chance among all.

    Parameters
    ----------
    codes : array of shape (n, k)
    known : Known
    task : {'classification', 'regression'}
    n : int, default 40
        Rows to ask about.
    strategy : Strategy, default TypicalThenMargin()
        What chance draws is the queue's: see ``Queue``.
    judged : bool, default True
        Whether it is said how far labelling has come, which takes dozens of fits.

    Examples
    --------
    >>> import numpy as np
    >>> from layerwise.annotation import Known, believe
    >>> codes = np.random.default_rng(0).normal(size=(60, 2))
    >>> found = believe(codes, Known([0, 1], ["a", "b"], [True, True]), n=5)
    >>> found.labels, len(found.asks), found.asks[0].share
    (2, 5, 'chosen')
    """
    codes = scaled(codes)
    rows = np.asarray(known.rows, dtype=np.int64)
    given, classes = _model(codes, rows, known.labels, task, seed)
    done = np.union1d(rows, np.asarray(known.busy, dtype=np.int64))
    seen = _some(len(codes), done, seed + len(rows))
    pool = Candidates(codes[seen], labelled=np.isin(seen, done), **_of(given, seen))
    own = strategy or TypicalThenMargin()
    chosen = own.choose(pool, n, seed + len(pool.labelled)) if len(pool.open) else []
    asks = [Ask(int(seen[one.row]), one.reason, CHOSEN) for one in chosen]
    says = {ask.row: _says(ask.row, given, classes) for ask in asks}
    return Beliefs(len(rows), asks, says, judge(codes, known, task) if judged else None)


def judge(codes: np.ndarray, known: Known, task: str) -> Facts:
    """Return how far labelling has come, as plain data for the page."""
    rows = np.asarray(known.rows, dtype=np.int64)
    return told(progress(codes, rows, known.labels, known.drawn, task=task))


def _model(
    codes: np.ndarray, rows: np.ndarray, labels: Sequence[Label], task: str, seed: int
) -> tuple[dict[str, Any], list[str]]:
    """Return what models say of every row, as candidates take it; nothing while labels are too few
    for a model."""
    if task == "regression":
        if len(rows) < LEAST:
            return {}, []
        y = np.zeros(len(codes))
        y[rows] = np.asarray(labels, dtype=np.float64)
        return {"predictions": predictions(codes, y, rows, seed)}, []
    names, numbers = np.unique(np.array([str(one) for one in labels]), return_inverse=True)
    if len(names) < 2:
        return {}, []
    y = np.zeros(len(codes), dtype=np.int64)
    y[rows] = numbers
    p = probabilities(codes, y, rows, len(names))
    return {"probabilities": p, "classes": names.tolist()}, names.tolist()


def _some(rows: int, done: np.ndarray, seed: int) -> np.ndarray:
    """Return the rows that a strategy sees, in their order."""
    if rows <= POOL + len(done):
        return np.arange(rows)
    open_rows = np.setdiff1d(np.arange(rows), done)
    drawn = np.random.default_rng([seed, 20]).choice(open_rows, POOL, replace=False)
    return np.sort(np.concatenate([drawn, done]))


def _of(given: dict[str, Any], seen: np.ndarray) -> dict[str, Any]:
    """Return what models say of some rows."""
    found = dict(given)
    if "probabilities" in given:
        found["probabilities"] = given["probabilities"][seen]
    if "predictions" in given:
        found["predictions"] = given["predictions"][:, seen]
    return found


def _says(row: int, given: dict[str, Any], classes: list[str]) -> list[list[Any]]:
    if "predictions" in given:
        return [[float(given["predictions"][:, row].mean()), None]]
    if not classes:
        return []
    p = given["probabilities"][row]
    best = np.argsort(-p, kind="stable")[:SHOWN]
    return [[classes[i], float(p[i])] for i in best]


def told(found: Any) -> Facts:
    """Return how far labelling has come, as plain data."""
    return jsonable(
        {
            "labels": found.labels,
            "drawn": found.drawn,
            "score": found.score,
            "curve": [[m, *estimate] for m, estimate in found.curve],
            "recent": found.recent,
            "enough": found.enough,
            "advice": found.advice,
            "unit": found.unit,
        }
    )
