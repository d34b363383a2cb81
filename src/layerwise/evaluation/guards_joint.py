"""A target that is split over several columns: each says little, together they say all."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from itertools import combinations

import numpy as np
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict
from sklearn.tree import DecisionTreeClassifier

from .guards import FEWEST_ROWS, GIVEN_AWAY, Finding, codes_of, looked_at, single_score

ALONE = 0.95  # a column that scores more by itself is a good column, not a part of a leak
FEW = 20  # different values of a column that can be a part of a code
BINS = 8  # of a column, to look for pairs
MOST_COLUMNS = 40  # that pairs are formed of
EXACT = 1e-10  # of the variance that a formula leaves
GAP = 6  # times the usual distance of neighbours: a border in such a gap is one between clusters


def check_together(columns: Mapping[str, np.ndarray], y: np.ndarray, classes: int) -> list[Finding]:
    """Look for a few columns that give the target away together.

    Classes: a small tree on columns of at most 20 values each (a code that was split, columns of
    one class each), or on a pair of any columns (one thing *or* the other), is right in at least
    99 % of rows that it was not fitted to, in every class. It is no leak where one of its columns
    scores 0.95 alone, for such a column is a good one; nor where the borders of the tree lie in
    gaps between clusters, as those of data do that are well separated. Numbers: a sum or
    difference, or a product or quotient, of a few columns leaves less than 1e-10 of the variance.

    Parameters
    ----------
    columns : mapping of name to array of shape (n,)
        Without those that give the target away alone.
    y : array of shape (n,)
        Class indices with -1, or numbers with NaN, where there is no label.
    classes : int
        0 for a regression.

    Returns
    -------
    list of Finding
        At most one; the columns stay.
    """
    labelled = looked_at(y, classes)
    if len(labelled) < FEWEST_ROWS or len(columns) < 2:
        return []
    known = {name: values[labelled] for name, values in columns.items()}
    names = _by_classes(known, y[labelled]) if classes else _by_formula(known, y[labelled])
    if not names:
        return []
    shown = ", ".join(map(repr, names))
    text = (
        f"Columns {shown} give the target away together, though none does alone; they are kept. "
        "Leave them out with --drop if they are not known before the target is."
    )
    return [Finding("joint_leak", None, text, 1.0)]


def _by_classes(columns: Mapping[str, np.ndarray], y: np.ndarray) -> list[str]:
    counts = np.bincount(y.astype(int))
    if np.sum(counts >= 10) < 2:
        return []
    coded = {name: codes_of(values) for name, values in columns.items()}
    few = [name for name in coded if 2 <= len(np.unique(coded[name])) <= FEW]
    groups = [few] if len(few) >= 2 else []
    groups += [list(pair) for pair in _best_pairs(coded, y)]
    for names in groups:
        if found := _tells(names, coded, columns, y):
            return found
    return []


def _tells(
    names: list[str],
    coded: Mapping[str, np.ndarray],
    columns: Mapping[str, np.ndarray],
    y: np.ndarray,
) -> list[str]:
    """Return the columns that a small tree uses, if they give the target away."""
    X = np.column_stack([coded[name] for name in names])
    tree = DecisionTreeClassifier(
        random_state=0, max_leaf_nodes=max(16, 4 * len(np.unique(y))), min_samples_leaf=2
    )
    if _score(tree, X, y) < GIVEN_AWAY:
        return []
    tree.fit(X, y)
    used = [name for name, value in zip(names, tree.feature_importances_, strict=True) if value > 0]
    alone = [single_score(columns[name], y, len(np.unique(y))) for name in used]
    if max(alone) >= ALONE or _between_clusters(tree, X):
        return []
    return used


def _score(tree: DecisionTreeClassifier, X: np.ndarray, y: np.ndarray) -> float:
    """Return the mean recall on rows that the tree was not fitted to."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a class with fewer rows than folds
        folds = StratifiedKFold(5, shuffle=True, random_state=0)
        answer = cross_val_predict(tree, X, y, cv=folds)
    return float(np.mean([(answer[y == c] == c).mean() for c in np.unique(y)]))


def _between_clusters(tree: DecisionTreeClassifier, X: np.ndarray) -> bool:
    """Say whether the first borders of a tree lie in gaps that are wide beside the distance of
    neighbours; columns of few values have no gaps."""
    inner = tree.tree_.feature >= 0
    gaps = []
    for column, border in zip(tree.tree_.feature[inner], tree.tree_.threshold[inner], strict=True):
        values = np.unique(X[:, column])
        if len(values) <= FEW:
            return False
        at = int(np.searchsorted(values, border))
        usual = float(np.median(np.diff(values)))
        gaps.append(
            (values[min(at, len(values) - 1)] - values[max(at - 1, 0)]) / max(usual, 1e-300)
        )
    return bool(np.median(gaps) >= GAP)


def _best_pairs(coded: Mapping[str, np.ndarray], y: np.ndarray) -> list[tuple[str, str]]:
    """Return the three pairs of columns whose cells hold most rows of one class."""
    names = list(coded)[:MOST_COLUMNS]
    binned = {name: _binned(coded[name]) for name in names}
    k = int(y.max()) + 1
    found = []
    for one, two in combinations(names, 2):
        cell = (binned[one] * (BINS + 1) + binned[two]) * k + y.astype(int)
        table = np.bincount(cell, minlength=(BINS + 1) ** 2 * k).reshape(-1, k)
        found.append((int(table.max(axis=1).sum()), one, two))
    found.sort(key=lambda pair: -pair[0])
    return [(one, two) for _, one, two in found[:3]]


def _binned(values: np.ndarray) -> np.ndarray:
    edges = np.unique(np.quantile(values, np.arange(1, BINS) / BINS))
    return np.searchsorted(edges, values, side="left")


def _by_formula(columns: Mapping[str, np.ndarray], y: np.ndarray) -> list[str]:
    """Return the columns of a sum or a product that is the target."""
    numbers = {
        name: values.astype(float)
        for name, values in columns.items()
        if values.dtype != object and np.isfinite(values.astype(float)).all()
    }
    names = [name for name in numbers if len(np.unique(numbers[name])) > 1][:MOST_COLUMNS]
    if len(names) < 2:
        return []
    X = np.column_stack([numbers[name] for name in names])
    found = _exact(X, y, names)
    positive = (X != 0).all(axis=0)
    if not found and (y != 0).all() and positive.sum() >= 2:
        kept = [name for name, ok in zip(names, positive, strict=True) if ok]
        found = _exact(np.log(np.abs(X[:, positive])), np.log(np.abs(y)), kept)
    return found


def _exact(X: np.ndarray, y: np.ndarray, names: list[str]) -> list[str]:
    """Return the columns of a linear formula that leaves nothing of rows it was not fitted to."""
    spread = X.std(axis=0)
    Z = np.column_stack([(X - X.mean(axis=0)) / np.maximum(spread, 1e-300), np.ones(len(X))])
    left = np.empty(len(y))
    for train, held in KFold(2, shuffle=True, random_state=0).split(Z):
        if len(train) < 2 * Z.shape[1]:
            return []
        weights = np.linalg.lstsq(Z[train], y[train], rcond=None)[0]
        left[held] = y[held] - Z[held] @ weights
    if float((left**2).mean()) > EXACT * max(float(np.var(y)), 1e-300):
        return []
    weights = np.linalg.lstsq(Z, y, rcond=None)[0][:-1]
    used = np.abs(weights) > 1e-4 * np.abs(weights).max()
    return [name for name, there in zip(names, used, strict=True) if there]
