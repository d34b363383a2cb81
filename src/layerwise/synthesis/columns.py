"""Made-up rows column by column: how their distributions and their correlations differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import ks_2samp

SHOWN = 3


class Marginal(NamedTuple):
    """A column, and the largest gap between the distributions of real and made-up rows in it (the
    statistic of Kolmogorov and Smirnov), in [0, 1]."""

    name: str
    gap: float


class Pair(NamedTuple):
    """Two columns, and how they are correlated in real and in made-up rows."""

    one: str
    other: str
    real: float
    made: float


def compared(
    real: np.ndarray, made: np.ndarray, names: Sequence[str]
) -> tuple[list[Marginal], list[Pair]]:
    """Return every column and every pair of columns, those that differ most first.

    Parameters
    ----------
    real, made : array of shape (n, d)
    names : sequence of d

    Examples
    --------
    >>> import numpy as np
    >>> from layerwise.synthesis import compared
    >>> x = np.random.default_rng(0).normal(size=(500, 1))
    >>> marginals, pairs = compared(np.hstack([x, x]), np.hstack([x, -x]), ["a", "b"])
    >>> pairs[0].real.round(3), pairs[0].made.round(3)
    (np.float64(1.0), np.float64(-1.0))
    """
    real, made = (np.asarray(rows, dtype=np.float64) for rows in (real, made))
    marginals = [
        Marginal(name, float(ks_2samp(real[:, i], made[:, i], method="asymp").statistic))
        for i, name in enumerate(names)
    ]
    one, other = (_correlated(rows) for rows in (real, made))
    rows, columns = np.triu_indices(len(names), 1)
    pairs = [
        Pair(names[i], names[j], one[i, j], other[i, j])
        for i, j in zip(rows.tolist(), columns.tolist(), strict=True)
    ]
    return (
        sorted(marginals, key=lambda one: -one.gap),
        sorted(pairs, key=lambda pair: -abs(pair.real - pair.made)),
    )


def _correlated(rows: np.ndarray) -> np.ndarray:
    """Return the correlations of columns; 0 with a constant one."""
    centred = rows - rows.mean(0)
    scale = np.sqrt(np.square(centred).mean(0))
    standard = centred / np.where(scale > 0, scale, 1.0)
    return standard.T @ standard / len(rows)


def sentences(marginals: Sequence[Marginal], pairs: Sequence[Pair]) -> list[str]:
    """Return what differs most, in words."""
    worst = ", ".join(f"{one.name!r} {one.gap:.0%}" for one in marginals[:SHOWN])
    found = [f"Largest gaps between the distributions of a column: {worst}."]
    if pairs:
        pair = pairs[0]
        found.append(
            f"The pair that differs most: {pair.one!r} and {pair.other!r} are correlated by "
            f"{pair.real:+.2f} in real rows and by {pair.made:+.2f} in made-up ones."
        )
    return found
