"""What a user would pick instead of a pretrained network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import PCA
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import ComplementNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.semi_supervised import LabelSpreading, SelfTrainingClassifier

from .._checks import check_name
from .._errors import ParameterError, did_you_mean
from .arms import EstimatorArm
from .grids import (
    Grids,
    graphs,
    leaves,
    neighbours,
    penalties,
    ridges,
    smoothings,
    sparse_penalties,
    thresholds,
    trees,
)

if TYPE_CHECKING:
    from ..data.reading import Given


class Texts(Enum):
    """How much of a table is free text."""

    NONE, SOME, ALL = range(3)


COMPONENTS = 0.95  # of the variance, that PCA keeps
SPREADABLE = 20_000  # rows; label spreading keeps a neighbour graph of all of them
ALWAYS = 6  # settings that a baseline tries at most, however few a network may choose from


class Baseline(EstimatorArm):
    """A simple estimator with a grid of its own for every number of labels.

    Parameters
    ----------
    name, estimator, representation, learns_from
        As in :class:`EstimatorArm`.
    grid_of : callable
        From labels and classes to settings, the usual one first: a function of ``grids``.
    classes : int
        0 for a regression.
    always : int
        Settings that are tried even where networks choose from fewer. Where networks have one,
        nothing is chosen, and a baseline has its usual one.

    Examples
    --------
    >>> Baseline("ridge", Ridge(), None, ridges, classes=0, always=3).settings(2, 50)
    [{'alpha': 1.0}, {'alpha': 10.0}, {'alpha': 100.0}]
    """

    def __init__(
        self,
        name: str,
        estimator: BaseEstimator,
        representation: TransformerMixin | None,
        grid_of: Grids,
        *,
        classes: int,
        always: int = ALWAYS,
        learns_from: str = "labelled",
    ) -> None:
        super().__init__(name, estimator, representation=representation, learns_from=learns_from)
        self.grid_of, self.classes, self.always = grid_of, classes, always

    def settings(self, count: int, labels: int) -> list[dict[str, Any]]:
        most = 1 if count == 1 else max(count, self.always)
        return self.grid_of(labels, self.classes)[:most]


class FewNeighbours(KNeighborsClassifier):
    """K-nearest neighbours that takes all rows when there are fewer than ``n_neighbors``."""

    def fit(self, X: Given, y: np.ndarray) -> FewNeighbours:
        """Fit."""
        self.set_params(n_neighbors=min(self.get_params()["n_neighbors"], len(y)))
        super().fit(X, y)
        return self


class FewNeighboursRegressor(KNeighborsRegressor):
    """The same for numbers."""

    def fit(self, X: Given, y: np.ndarray) -> FewNeighboursRegressor:
        """Fit."""
        self.set_params(n_neighbors=min(self.get_params()["n_neighbors"], len(y)))
        super().fit(X, y)
        return self


_OWN: dict[tuple[str, str], Callable[[], BaseEstimator]] = {}


def register_baseline(
    name: str, task: str = "classification"
) -> Callable[[Callable[[], BaseEstimator]], Callable[[], BaseEstimator]]:
    """Let a study have a baseline of yours, by default and as ``--baseline NAME``.

    The function returns an unfitted scikit-learn estimator. It is given numbers, standardised on
    all rows of a draw, and the labelled rows.

    Parameters
    ----------
    name : str
    task : {'classification', 'regression'}

    Raises
    ------
    ParameterError
        When the task is another word, or the name is taken.

    Examples
    --------
    >>> from sklearn.neighbors import NearestCentroid
    >>> from layerwise import register_baseline
    >>> @register_baseline("nearest centroid")
    ... def nearest_centroid():
    ...     return NearestCentroid()
    """
    check_name("register_baseline", "task", task, ("classification", "regression"))

    def named(make: Callable[[], BaseEstimator]) -> Callable[[], BaseEstimator]:
        known = _OWN.get((task, name))
        taken = known is not None and known.__module__ != make.__module__
        if taken or name in [arm.name for arm in _MAKE[task](None, 0)]:
            raise ParameterError(f"There is a baseline {name!r} already.", "Choose another name.")
        _OWN[task, name] = make
        return make

    return named


def baselines(
    task: str,
    rows: int,
    preprocessing: TransformerMixin,
    names: Sequence[str] | None = None,
    classes: int = 2,
    texts: Texts = Texts.NONE,
) -> tuple[list[EstimatorArm], list[str]]:
    """Return the baselines for a task, and notes on those that were left out.

    Parameters
    ----------
    task : {'classification', 'regression'}
    rows : int
        That a draw learns from.
    preprocessing : transformer
        To standardised numbers; fitted on all rows of a draw.
    names : sequence of str, optional
        Some of them; by default all that fit.
    classes : int, default 2
        Among which a draw's labels are shared; of no matter for a regression.
    texts : Texts
        Whether there are columns of free text, or nothing else: the preprocessing makes words of
        them, which are sparse.

    Raises
    ------
    ParameterError
        For an unknown name.
    """
    make = _MAKE[task] if texts is Texts.NONE else partial(_OF_TEXT[task], alone=texts is Texts.ALL)
    made = make(preprocessing, classes if task == "classification" else 0)
    made += [
        EstimatorArm(name, make(), representation=preprocessing)
        for (its_task, name), make in _OWN.items()
        if its_task == task
    ]
    known = {arm.name: arm for arm in made}
    for name in names or ():
        if name not in known:
            raise ParameterError(
                f"There is no baseline {name!r} for a {task}.", did_you_mean(name, known)
            )
    chosen = [known[name] for name in dict.fromkeys(names)] if names is not None else made
    notes = []
    if rows > SPREADABLE and "label spreading" in [arm.name for arm in chosen]:
        chosen = [arm for arm in chosen if arm.name != "label spreading"]
        notes.append(
            f"Label spreading was left out: {rows:,} rows are more than the {SPREADABLE:,} whose "
            "graph it is given here."
        )
    return chosen, notes


def _classifiers(preprocessing: TransformerMixin | None, classes: int) -> list[EstimatorArm]:
    components = make_pipeline(preprocessing, PCA(COMPONENTS))
    linear = LogisticRegression(max_iter=1000)
    forest, boosting = RandomForestClassifier(n_jobs=1), HistGradientBoostingClassifier()
    teacher, spreading = SelfTrainingClassifier(linear), LabelSpreading(kernel="knn")
    arm = partial(Baseline, classes=classes)
    return [
        EstimatorArm("majority", DummyClassifier()),
        arm("logistic regression", linear, preprocessing, penalties),
        arm("k-nearest neighbours", FewNeighbours(), preprocessing, neighbours),
        arm("random forest", forest, preprocessing, trees, always=3),
        arm("gradient boosting", boosting, preprocessing, leaves, always=3),
        arm("PCA + logistic regression", linear, components, penalties),
        arm("self-training", teacher, components, thresholds, learns_from="all"),
        arm("label spreading", spreading, components, graphs, learns_from="all"),
    ]


def _regressors(preprocessing: TransformerMixin | None, classes: int) -> list[EstimatorArm]:
    components = make_pipeline(preprocessing, PCA(COMPONENTS))
    forest, boosting = RandomForestRegressor(n_jobs=1), HistGradientBoostingRegressor()
    arm = partial(Baseline, classes=classes)
    return [
        EstimatorArm("mean", DummyRegressor()),
        arm("ridge regression", Ridge(), preprocessing, ridges),
        arm("k-nearest neighbours", FewNeighboursRegressor(), preprocessing, neighbours),
        arm("random forest", forest, preprocessing, trees, always=3),
        arm("gradient boosting", boosting, preprocessing, leaves, always=3),
        arm("PCA + ridge regression", Ridge(), components, ridges),
    ]


_MAKE = {"classification": _classifiers, "regression": _regressors}


def _text_classifiers(
    preprocessing: TransformerMixin | None, classes: int, alone: bool
) -> list[EstimatorArm]:
    linear = LogisticRegression(max_iter=1000)
    arm = partial(Baseline, classes=classes)
    bayes = [arm("TF-IDF + naive Bayes", ComplementNB(), preprocessing, smoothings)]
    return [
        EstimatorArm("majority", DummyClassifier()),
        arm("TF-IDF + logistic regression", linear, preprocessing, sparse_penalties),
        *(bayes if alone else []),  # counts are at least 0, numbers are not
        arm("TF-IDF + nearest neighbours", FewNeighbours(), preprocessing, neighbours),
    ]


def _text_regressors(
    preprocessing: TransformerMixin | None, classes: int, alone: bool
) -> list[EstimatorArm]:
    arm = partial(Baseline, classes=classes)
    return [
        EstimatorArm("mean", DummyRegressor()),
        arm("TF-IDF + ridge regression", Ridge(), preprocessing, ridges),
        arm("TF-IDF + nearest neighbours", FewNeighboursRegressor(), preprocessing, neighbours),
    ]


_OF_TEXT = {"classification": _text_classifiers, "regression": _text_regressors}
