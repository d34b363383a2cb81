"""How much the codes say about the labels, while an encoder learns without them."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from .._contracts import Source
from .._errors import ParameterError
from ..data.sources import RowsOf
from .cache import encoded
from .trainee import Trainee

TIMES = 5  # at most, in a phase
MOST = 1000  # labelled rows; more tell no more about where training goes
FOLDS, NEIGHBOURS = 5, 5


@dataclass(frozen=True, eq=False)
class Probe:
    """Labelled rows: their places among all rows, and their labels (class numbers, or numbers)."""

    rows: np.ndarray
    y: np.ndarray

    @property
    def folds(self) -> int:
        """Folds that the labels are enough for; below 2 they are not enough."""
        classes = self.y.dtype.kind in "iu"
        most = int(np.bincount(self.y).min()) if classes else len(self.y) // 2
        return min(FOLDS, most)


_CURRENT: ContextVar[Probe | None] = ContextVar("probe", default=None)


@contextmanager
def probing(rows: ArrayLike, y: ArrayLike) -> Iterator[None]:
    """Let every phase inside the block that learns from all rows be probed on the labelled ones.

    At most five times in a phase, the history has ``knn`` (five nearest neighbours, cosine) and
    ``linear`` (logistic or ridge regression): accuracy or R², cross-validated on the labelled rows
    alone. Nothing is chosen by it, and no test row is touched. Below two labelled rows of a class
    there is no probe.

    Parameters
    ----------
    rows : int array of shape (m,)
        Places of the labelled rows among the rows that are learned from.
    y : array of shape (m,)
        Their labels: class numbers (integers) or numbers.

    Raises
    ------
    ParameterError
        When the two have different lengths.

    Examples
    --------
    >>> import numpy as np
    >>> from layerwise import Dense, Pretrainer, Stack, probing
    >>> X = np.random.default_rng(0).random((60, 5))
    >>> with probing(np.arange(20), np.arange(20) % 2):
    ...     history = Pretrainer(Stack(Dense(3)), random_state=0).fit(X).history_
    >>> sorted(set(history[-1]) & {"knn", "linear"})
    ['knn', 'linear']
    """
    rows, y = np.asarray(rows, dtype=np.int64), np.asarray(y)
    if rows.shape != y.shape[:1]:
        raise ParameterError(
            f"probing was given {len(rows)} rows and {len(y)} labels.", "Give a label for each row."
        )
    if y.dtype.kind in "iu":
        y = np.unique(y, return_inverse=True)[1]
    if len(rows) > MOST:
        few = np.random.default_rng(0).permutation(len(rows))[:MOST]
        rows, y = rows[few], y[few]
    token = _CURRENT.set(Probe(rows, y) if len(rows) else None)
    try:
        yield
    finally:
        _CURRENT.reset(token)


@contextmanager
def in_order(order: np.ndarray) -> Iterator[None]:
    """Let the current probe know the labelled rows by their places in an order of the rows; those
    that the order leaves out are not probed."""
    probe = _CURRENT.get()
    if probe is None:
        yield
        return
    places = np.full(max(order.max(initial=0), probe.rows.max()) + 1, -1)
    places[order] = np.arange(len(order))
    here = places[probe.rows] >= 0
    own = Probe(places[probe.rows[here]], probe.y[here]) if here.any() else None
    token = _CURRENT.set(own)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def probed(
    trainee: Trainee, source: Source, epoch: int, epochs: int, device: torch.device
) -> dict[str, float]:
    """Return the probe's measures after an epoch (counted from 0) at which it is due, else
    nothing."""
    probe = _CURRENT.get()
    due = epoch + 1 == epochs or epoch % math.ceil(epochs / TIMES) == 0
    if probe is None or not due or trainee.objective.needs != "rows" or not trainee.codec.depth:
        return {}
    if probe.folds < 2 or probe.rows.max() >= len(source):
        return {}
    with trainee.evaluating():
        codes = encoded(trainee.codec, RowsOf(source, probe.rows), device).x.flatten(1).numpy()
    return _measures(np.asarray(codes, dtype=np.float64), probe)


def _measures(codes: np.ndarray, probe: Probe) -> dict[str, float]:
    folds, near = probe.folds, min(NEIGHBOURS, len(codes) // 2)
    if probe.y.dtype.kind in "iu":
        cut = StratifiedKFold(folds, shuffle=True, random_state=0)
        models = (
            KNeighborsClassifier(near, metric="cosine"),
            make_pipeline(StandardScaler(), LogisticRegression(max_iter=200)),
        )
    else:
        cut = KFold(folds, shuffle=True, random_state=0)
        models = (
            KNeighborsRegressor(near, metric="cosine"),
            make_pipeline(StandardScaler(), Ridge()),
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        scores = [cross_val_score(model, codes, probe.y, cv=cut).mean() for model in models]
    return {"knn": float(scores[0]), "linear": float(scores[1])}
