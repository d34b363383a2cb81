"""Batches without near-duplicates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.metrics import pairwise_distances

SAMPLE = 1000  # rows whose nearest neighbours tell how far rows usually are from one another


def apart(
    codes: np.ndarray, order: np.ndarray, n: int, share: float, rng: np.random.Generator
) -> list[int]:
    """Return the first ``n`` rows of an order that are not near-duplicates of one before them;
    where there are too few, the first of the others follow.

    Two rows are near-duplicates when their codes are nearer than ``share`` times the median
    distance of a row to its nearest neighbour, or equal.

    >>> codes = np.array([[0.0], [0.001], [1.0], [2.0], [3.0]])
    >>> apart(codes, np.arange(5), 3, 0.5, np.random.default_rng(0))
    [0, 2, 3]
    >>> apart(codes, np.arange(2), 2, 0.5, np.random.default_rng(0))
    [0, 1]
    """
    radius = share * usual_distance(codes, rng)
    found: list[int] = []
    near: list[int] = []
    for row in order:
        if len(found) == n:
            break
        (near if _is_near(codes, int(row), found, radius) else found).append(int(row))
    return found + near[: n - len(found)]


def usual_distance(codes: np.ndarray, rng: np.random.Generator) -> float:
    """Return the median distance of a row to its nearest neighbour, from 1,000 rows at most."""
    if len(codes) < 2:
        return 0.0
    rows = rng.choice(len(codes), min(SAMPLE, len(codes)), replace=False)
    nearest = np.full(len(rows), np.inf)
    step = max(1, 2**24 // len(rows))
    for start in range(0, len(codes), step):
        block = pairwise_distances(codes[rows], codes[start : start + step])
        own = (rows >= start) & (rows < start + step)
        block[np.flatnonzero(own), rows[own] - start] = np.inf
        nearest = np.minimum(nearest, block.min(axis=1))
    return float(np.median(nearest))


def _is_near(codes: np.ndarray, row: int, found: Sequence[int], radius: float) -> bool:
    if not found:
        return False
    nearest = np.linalg.norm(codes[list(found)] - codes[row], axis=1).min()
    return bool(nearest < radius or nearest == 0.0)
