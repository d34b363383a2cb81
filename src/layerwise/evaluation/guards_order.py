"""Order: a target that drifts with a row's place or with time, and rows that belong together."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
from scipy import stats

from .guards import FEWEST_ROWS, Finding, codes_of

BLOCKS = 10  # that the rows are cut into, in their order
SURE = 1e-5  # p-value under which order is told of
EFFECT = 0.15  # share of the target's spread that the blocks make
_TIME = re.compile(
    r"(^|[ _.-])(date|time|year|month|week|day|hour|timestamp|datum|zeit|jahr|epoch)([ _.-]|$)",
    re.IGNORECASE,
)
MOST_ROWS, LEAST_GROUPS = 50, 20  # rows of a person, on average, and persons
AGREE = 0.8  # of what agreement in the target there can be beyond chance
OWN = 0.5  # of it that neighbours in the column's order do not have


def check_order(columns: Mapping[str, np.ndarray], y: np.ndarray, classes: int) -> list[Finding]:
    """Look whether the target drifts with the place of a row, or with a column of times.

    The labelled rows are cut into ten blocks in their order; the blocks must differ in the target
    (a chi-squared or Kruskal-Wallis test, p under 1e-5) and make at least 15 % of its spread. A
    file that is sorted by the target is no drift: random draws handle it.

    Parameters
    ----------
    columns : mapping of name to array of shape (n,)
    y : array of shape (n,)
        Class indices with -1, or numbers with NaN, where there is no label.
    classes : int
        0 for a regression.

    Returns
    -------
    list of Finding
    """
    known = np.flatnonzero(y >= 0 if classes else ~np.isnan(y))
    if len(known) < FEWEST_ROWS:
        return []
    found = []
    if _drifts(y[known], classes):
        text = (
            "A row's place in the file predicts the target: it may drift with time, or the file is "
            "put together of parts. Random draws are kinder than what comes next; to test on that, "
            "give the last rows as --test."
        )
        found.append(Finding("order", None, text, 1.0))
    for name, values in columns.items():
        if not _TIME.search(str(name)) or values.dtype == object:
            continue
        order = np.argsort(codes_of(values[known]), kind="stable")
        if _drifts(y[known][order], classes, is_place=False):
            text = (
                f"The target drifts with the time in column {name!r}. Random draws are kinder than "
                "what comes next; to test on that, give the last rows as --test."
            )
            found.append(Finding("order", str(name), text, 1.0))
    return found


def _drifts(y: np.ndarray, classes: int, is_place: bool = True) -> bool:
    if is_place and _is_sorted(y, classes):
        return False
    block = np.arange(len(y)) * BLOCKS // len(y)
    if classes:
        table = np.zeros((BLOCKS, int(y.max()) + 1))
        np.add.at(table, (block, y.astype(int)), 1)
        table = table[:, table.sum(axis=0) >= BLOCKS]  # a rare class shows nothing
        if table.shape[1] < 2 or (table.sum(axis=1) == 0).any():
            return False
        test = stats.chi2_contingency(table)
        effect = test.statistic / table.sum() / (min(table.shape) - 1)
        return bool(test.pvalue < SURE and effect - 9 / len(y) > EFFECT)
    ranks = stats.rankdata(y)
    parts = [ranks[block == b] for b in range(BLOCKS)]
    if len(np.unique(y)) < 2:
        return False
    test = stats.kruskal(*parts)
    effect = np.var([part.mean() for part in parts]) / max(float(np.var(ranks)), 1e-300)
    return bool(test.pvalue < SURE and effect - 9 / len(y) > EFFECT)


def _is_sorted(y: np.ndarray, classes: int) -> bool:
    """Say whether rows come class by class, or (nearly) in the order of the target."""
    if classes:
        return int((np.diff(y) != 0).sum()) <= len(np.unique(y)) - 1
    return bool(abs(stats.spearmanr(np.arange(len(y)), y).statistic) > 0.999)


def check_groups(columns: Mapping[str, np.ndarray], y: np.ndarray, classes: int) -> list[Finding]:
    """Look for a column that looks like a person's number: values of a few rows each, which agree
    in the target nearly always, while rows of neighbouring values do not.

    Parameters
    ----------
    columns, y, classes
        As in :func:`check_order`.

    Returns
    -------
    list of Finding
        The columns stay.
    """
    known = np.flatnonzero(y >= 0 if classes else ~np.isnan(y))
    if len(known) < FEWEST_ROWS:
        return []
    found = []
    target = y[known] if classes else stats.rankdata(y[known])
    for name, values in columns.items():
        codes = np.unique(codes_of(values[known]), return_inverse=True)[1]
        sizes = np.bincount(codes)
        if len(sizes) < LEAST_GROUPS or not 1.5 <= len(codes) / len(sizes) <= MOST_ROWS:
            continue
        together = _agreement(codes, target, classes)
        beside = _neighbours(codes, target, classes)
        if together >= AGREE and together - beside >= OWN:
            text = (
                f"Column {name!r} looks as if it says which rows belong together: rows of one of "
                f"its {len(sizes):,} values nearly always have one target, rows of neighbouring "
                f"values do not. If it is a person or the like, give --groups {name}."
            )
            found.append(Finding("groups", str(name), text, together))
    return found


def _agreement(codes: np.ndarray, target: np.ndarray, classes: int) -> float:
    """Return how far rows of one value agree in the target: 0 by chance, 1 always."""
    if not classes:
        means = np.bincount(codes, weights=target) / np.bincount(codes)
        within = float(((target - means[codes]) ** 2).sum())
        left = max(len(codes) - len(means), 1)
        return 1 - within / left / max(float(np.var(target)), 1e-300)
    table = np.zeros((int(codes.max()) + 1, int(target.max()) + 1))
    np.add.at(table, (codes, target.astype(int)), 1)
    sizes = table.sum(axis=1)
    pairs = float((sizes * (sizes - 1)).sum())
    same = float((table * (table - 1)).sum()) / max(pairs, 1.0)
    chance = float(((table.sum(axis=0) / table.sum()) ** 2).sum())
    return (same - chance) / max(1 - chance, 1e-9)


def _neighbours(codes: np.ndarray, target: np.ndarray, classes: int) -> float:
    """Return how far values that are neighbours agree in the target."""
    sizes = np.bincount(codes)
    if not classes:
        means = np.bincount(codes, weights=target) / sizes
        return float(np.corrcoef(means[:-1], means[1:])[0, 1]) if len(means) > 2 else 1.0
    table = np.zeros((len(sizes), int(target.max()) + 1))
    np.add.at(table, (codes, target.astype(int)), 1)
    share = table / sizes[:, None]
    same = float((share[:-1] * share[1:]).sum(axis=1).mean())
    chance = float(((table.sum(axis=0) / table.sum()) ** 2).sum())
    return (same - chance) / max(1 - chance, 1e-9)
