"""Labels saved: how many the random start needs to reach what the pretrained network reaches with
fewer."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .._durable import Facts

ROUNDS = 2000  # of the bootstrap
LEVEL = 0.95


def labels_needed(target: float, budgets: Sequence[int], curve: Sequence[float]) -> float:
    """Return the number of labels at which a learning curve reaches a target; infinity beyond the
    largest budget.

    The curve is made monotone from below (the best so far) and is a straight line between budgets
    over the logarithm of the number of labels. A target below the curve's beginning is reached by
    the smallest budget.

    >>> round(labels_needed(0.8, [10, 100, 1000], [0.5, 0.7, 0.9]))
    316
    >>> labels_needed(0.95, [10, 100, 1000], [0.5, 0.7, 0.9])
    inf
    """
    best = np.maximum.accumulate(np.asarray(curve, dtype=float))
    if target <= best[0]:
        return float(budgets[0])
    above = np.flatnonzero(best >= target)
    if not len(above):
        return math.inf
    i = int(above[0])
    share = (target - best[i - 1]) / (best[i] - best[i - 1])
    return float(math.exp(math.log(budgets[i - 1]) + share * math.log(budgets[i] / budgets[i - 1])))


def labels_saved(
    budgets: Sequence[int], pretrained: np.ndarray, control: np.ndarray, seed: int = 0
) -> list[Facts]:
    """Return for each budget what the control needs to do as well, with a 95 % interval by a
    bootstrap over draws.

    Parameters
    ----------
    budgets : sequence of int
    pretrained, control : array of shape (draws, budgets)
        Scores, higher is better, paired by draw.

    Returns
    -------
    list of dict
        ``labels``, ``needed``, ``low``, ``high`` (None: more than the largest budget), ``saved``
        (needed minus labels; None then too), ``most``, the largest budget, and ``or_fewer``:
        whether ``needed`` is the smallest budget because the control has as much there already.
    """
    rng = np.random.default_rng(seed)
    n = len(pretrained)
    chosen = rng.integers(0, n, (ROUNDS, n))
    rows = []
    for k, budget in enumerate(budgets):
        needed = labels_needed(float(pretrained[:, k].mean()), budgets, control.mean(axis=0))
        again = [
            labels_needed(float(pretrained[i, k].mean()), budgets, control[i].mean(axis=0))
            for i in chosen
        ]
        low, high = np.quantile(again, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], method="inverted_cdf")
        rows.append(
            {
                "labels": int(budget),
                "needed": _known(needed),
                "low": _known(low),
                "high": _known(high),
                "saved": None if math.isinf(needed) else needed - budget,
                "most": int(budgets[-1]),
                "or_fewer": bool(pretrained[:, k].mean() < control[:, 0].mean()),
            }
        )
    return rows


def _known(value: float) -> float | None:
    return None if math.isinf(value) else float(value)
