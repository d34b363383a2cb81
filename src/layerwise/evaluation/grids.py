"""What a baseline may choose from: a small grid for each, for the number of labels.

Every grid is a list of settings, the usual one first, of which none is senseless with so few
labels: no more neighbours than a class has labels, no leaves that cannot be split, strong penalties
where labels are few. A grid is as long as its estimator is cheap.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

Grid = list[dict[str, Any]]
Grids = Callable[[int, int], Grid]  # labels, classes (0 for a regression) -> settings

FEW = 100  # labels; below, penalties go further up
USUAL_LEAF = 20  # scikit-learn's for boosting, which needs twice as many rows to split at all


def penalties(labels: int, classes: int) -> Grid:
    """Return strengths of a logistic regression: ``C``, the inverse of its penalty.

    >>> penalties(1000, 2)
    [{'C': 1.0}, {'C': 0.1}, {'C': 10.0}, {'C': 0.01}, {'C': 100.0}]
    """
    return _values("C", (1.0, 0.1, 10.0, 0.01, 0.001 if labels < FEW else 100.0))


def sparse_penalties(labels: int, classes: int) -> Grid:
    """Return the same for rows of length 1, such as weights of words: they need a weaker one.

    >>> sparse_penalties(1000, 2)[0]
    {'C': 10.0}
    """
    return _values("C", (10.0, 1.0, 100.0, 0.1, 1000.0))


def ridges(labels: int, classes: int) -> Grid:
    """Return penalties of a ridge regression.

    >>> ridges(20, 0)
    [{'alpha': 1.0}, {'alpha': 10.0}, {'alpha': 100.0}, {'alpha': 1000.0}]
    """
    return _values("alpha", (1.0, 10.0, 100.0, 1000.0 if labels < FEW else 0.1))


def smoothings(labels: int, classes: int) -> Grid:
    """Return how many times naive Bayes takes every word to have been seen in every class.

    >>> smoothings(20, 2)
    [{'alpha': 1.0}, {'alpha': 0.1}, {'alpha': 0.01}]
    """
    return _values("alpha", (1.0, 0.1, 0.01))


def neighbours(labels: int, classes: int) -> Grid:
    """Return numbers of neighbours, up to the labels that a class has on average (of a regression:
    half of them), with equal weights and with nearer ones counting more.

    >>> [one["n_neighbors"] for one in neighbours(30, 10)]
    [3, 3, 1]
    """
    most = max(1, labels // (classes or 2))
    sizes = dict.fromkeys(min(k, most) for k in (5, 15) if most > 1)
    several = [{"n_neighbors": k, "weights": w} for k in sizes for w in ("uniform", "distance")]
    return [*several, {"n_neighbors": 1, "weights": "uniform"}]


def trees(labels: int, classes: int) -> Grid:
    """Return shares of the columns that a forest's split looks at, and sizes of its leaves.

    >>> trees(50, 3)[2]
    {'max_features': 'sqrt', 'min_samples_leaf': 2}
    """
    usual = "sqrt" if classes else 1.0
    leaf = 2 if labels < FEW else 5
    return [
        {"max_features": usual, "min_samples_leaf": 1},
        {"max_features": 0.3, "min_samples_leaf": 1},
        {"max_features": usual, "min_samples_leaf": leaf},
        {"max_features": 0.3, "min_samples_leaf": leaf},
    ]


def leaves(labels: int, classes: int) -> Grid:
    """Return sizes of boosting's leaves and trees: a leaf of at most an eighth of the labels, so
    that a tree has a few splits.

    >>> leaves(40, 2)[0], leaves(1000, 2)[0]
    ({'min_samples_leaf': 5, 'max_leaf_nodes': 31}, {'min_samples_leaf': 20, 'max_leaf_nodes': 31})
    """
    usual = max(1, min(USUAL_LEAF, labels // 8))
    small = max(1, usual // 2)
    return [
        {"min_samples_leaf": usual, "max_leaf_nodes": 31},
        {"min_samples_leaf": usual, "max_leaf_nodes": 4},
        {"min_samples_leaf": small, "max_leaf_nodes": 8},
        {"min_samples_leaf": small, "max_leaf_nodes": 2},
    ]


def thresholds(labels: int, classes: int) -> Grid:
    """Return how sure self-training must be of a label that it gives, and the ``C`` of its
    classifier: with a strong penalty it is sure of little.

    >>> thresholds(20, 2)[0]
    {'threshold': 0.9, 'estimator__C': 1.0}
    """
    return [
        {"threshold": sure, "estimator__C": strength}
        for strength, sure in product((1.0, 0.1 if labels < FEW else 10.0), (0.9, 0.7))
    ]


def graphs(labels: int, classes: int) -> Grid:
    """Return neighbours in label spreading's graph of all rows: the labels do not bound them.

    >>> graphs(20, 2)
    [{'n_neighbors': 7}, {'n_neighbors': 4}, {'n_neighbors': 12}, {'n_neighbors': 20}]
    """
    return _values("n_neighbors", (7, 4, 12, 20))


def _values(parameter: str, values: tuple[float, ...]) -> Grid:
    return [{parameter: value} for value in values]
