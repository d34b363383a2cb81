"""What a user would pick instead of a pretrained network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

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
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.semi_supervised import LabelSpreading, SelfTrainingClassifier

from .._checks import check_name
from .._errors import ParameterError, did_you_mean
from .arms import EstimatorArm

if TYPE_CHECKING:
    from ..data.reading import Given

COMPONENTS = 0.95  # of the variance, that PCA keeps
SPREADABLE = 20_000  # rows; label spreading keeps a neighbour graph of all of them
# Settings to choose from, the usual one first.
_STRENGTHS = (1.0, 0.1, 10.0, 0.01)
_PENALTIES = (1.0, 10.0, 0.1, 100.0)
_NEIGHBOURS = (5, 1, 10, 3)
_FEATURES = ("sqrt", 0.3, "log2", 1.0)
_LEAVES = (20, 5, 10, 2)  # with 20, boosting learns nothing from fewer than 40 labels
_THRESHOLDS = (0.9, 0.75, 0.95, 0.99)


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
        if taken or name in [arm.name for arm in _MAKE[task](None)]:
            raise ParameterError(f"There is a baseline {name!r} already.", "Choose another name.")
        _OWN[task, name] = make
        return make

    return named


def baselines(
    task: str, rows: int, preprocessing: TransformerMixin, names: Sequence[str] | None = None
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

    Raises
    ------
    ParameterError
        For an unknown name.
    """
    made = _MAKE[task](preprocessing)
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


def _classifiers(preprocessing: TransformerMixin | None) -> list[EstimatorArm]:
    components = make_pipeline(preprocessing, PCA(COMPONENTS))
    linear = LogisticRegression(max_iter=1000)
    return [
        EstimatorArm("majority", DummyClassifier()),
        _arm("logistic regression", linear, preprocessing, C=_STRENGTHS),
        _arm("k-nearest neighbours", FewNeighbours(), preprocessing, n_neighbors=_NEIGHBOURS),
        _arm(
            "random forest", RandomForestClassifier(n_jobs=1), preprocessing, max_features=_FEATURES
        ),
        _arm(
            "gradient boosting",
            HistGradientBoostingClassifier(),
            preprocessing,
            min_samples_leaf=_LEAVES,
        ),
        _arm("PCA + logistic regression", linear, components, C=_STRENGTHS),
        _arm(
            "self-training",
            SelfTrainingClassifier(linear),
            components,
            learns_from="all",
            threshold=_THRESHOLDS,
        ),
        _arm(
            "label spreading",
            LabelSpreading(kernel="knn"),
            components,
            learns_from="all",
            n_neighbors=_NEIGHBOURS,
        ),
    ]


def _regressors(preprocessing: TransformerMixin | None) -> list[EstimatorArm]:
    components = make_pipeline(preprocessing, PCA(COMPONENTS))
    return [
        EstimatorArm("mean", DummyRegressor()),
        _arm("ridge regression", Ridge(), preprocessing, alpha=_PENALTIES),
        _arm(
            "k-nearest neighbours", FewNeighboursRegressor(), preprocessing, n_neighbors=_NEIGHBOURS
        ),
        _arm(
            "random forest",
            RandomForestRegressor(n_jobs=1),
            preprocessing,
            max_features=(1.0, 0.3, "sqrt", "log2"),
        ),
        _arm(
            "gradient boosting",
            HistGradientBoostingRegressor(),
            preprocessing,
            min_samples_leaf=_LEAVES,
        ),
        _arm("PCA + ridge regression", Ridge(), components, alpha=_PENALTIES),
    ]


def _arm(
    name: str,
    estimator: BaseEstimator,
    representation: TransformerMixin | None,
    learns_from: str = "labelled",
    **choices: tuple[object, ...],
) -> EstimatorArm:
    ((parameter, values),) = choices.items()
    grid = [{parameter: value} for value in values]
    return EstimatorArm(
        name, estimator, grid, representation=representation, learns_from=learns_from
    )


_MAKE = {"classification": _classifiers, "regression": _regressors}
