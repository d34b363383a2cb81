"""Labels saved: how many the random start needs to reach what the pretrained network reaches with
fewer."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .._durable import Facts
from .statistics import Estimate, RowScores, Sharing, estimate

STEPS = 8  # of the search between two budgets

Curve = Sequence[Sequence[RowScores]]  # by budget, then by draw


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
    budgets: Sequence[int],
    pretrained: Curve,
    control: Curve,
    sharing: Sequence[Sharing] = (),
    least: float = 0.0,
) -> list[Facts]:
    """Return for each budget what the control needs to do as well, with a 95 % interval.

    The interval holds every number of labels ``x`` for which the interval of ``P(b) - C(x)``, the
    paired difference of the pretrained network with ``b`` labels and its control with ``x``,
    contains 0 (:func:`~layerwise.evaluation.estimate`); ``C`` is a straight line between budgets
    over the logarithm of the labels.

    Parameters
    ----------
    budgets : sequence of int
    pretrained, control : by budget and draw, RowScores
        Higher is better, paired by draw and row.
    sharing : sequence of Sharing, optional
        By budget.
    least : float
        As in ``estimate``.

    Returns
    -------
    list of dict
        ``labels``, ``needed``, ``low``, ``high`` (None: more than the largest budget), ``saved``
        (needed minus labels; None then too), ``most``, the largest budget, and ``or_fewer`` and
        ``low_or_fewer``: whether ``needed``, and ``low``, is the smallest budget because the
        control has as much there already.

    References
    ----------
    Fieller (1954), "Some problems in interval estimation".
    """
    shared = list(sharing) or [Sharing()] * len(budgets)
    means = [float(np.mean([one.values.mean() for one in draws])) for draws in control]
    rows = []
    for k, budget in enumerate(budgets):
        mine = float(np.mean([one.values.mean() for one in pretrained[k]]))
        needed = labels_needed(mine, budgets, means)
        low, high, open_low = _ends(budgets, pretrained[k], control, shared, k, least)
        rows.append(
            {
                "labels": int(budget),
                "needed": _known(needed),
                "low": _known(min(low, needed)),
                "high": _known(max(high, needed)),
                "saved": None if math.isinf(needed) else needed - budget,
                "most": int(budgets[-1]),
                "or_fewer": mine < means[0],
                "low_or_fewer": open_low or mine < means[0],
            }
        )
    return rows


def _ends(
    budgets: Sequence[int],
    target: Sequence[RowScores],
    control: Curve,
    sharing: Sequence[Sharing],
    k: int,
    least: float,
) -> tuple[float, float, bool]:
    """Return the least and the most labels that are not ruled out, and whether the smallest budget
    is not. Between two places of the search the ends of intervals are straight lines."""
    places, below, above = [], [], []
    for i in range(len(budgets) - 1):
        for step in range(0 if i == 0 else 1, STEPS + 1):
            share = step / STEPS
            found = _at(
                target, control[i], control[i + 1], share, _shared(sharing, i, share, k), least
            )
            places.append((1 - share) * math.log(budgets[i]) + share * math.log(budgets[i + 1]))
            below.append(found.low)
            above.append(found.high)
    fits = [low <= 0 <= high for low, high in zip(below, above, strict=True)]
    if True not in fits:
        return math.inf, -math.inf, False
    first, last = fits.index(True), len(fits) - 1 - fits[::-1].index(True)
    low, high = places[first], places[last]
    if first:
        low = _crossing(places, (below, above), first - 1, first)
    if last + 1 < len(fits):
        high = _crossing(places, (below, above), last + 1, last)
    return math.exp(low), math.inf if fits[-1] else math.exp(high), fits[0]


def _at(
    target: Sequence[RowScores],
    first: Sequence[RowScores],
    second: Sequence[RowScores],
    share: float,
    sharing: Sharing,
    least: float,
) -> Estimate:
    """Return the difference from a control between two budgets."""
    gaps = [
        RowScores(p.rows, p.values - (1 - share) * one.values - share * two.values)
        for p, one, two in zip(target, first, second, strict=True)
    ]
    return estimate(gaps, least, sharing)


def _shared(sharing: Sequence[Sharing], i: int, share: float, k: int) -> Sharing:
    there, own = sharing[i].mixed(sharing[i + 1], share), sharing[k]
    return Sharing(max(own.labels, there.labels), max(own.tested, there.tested))


def _crossing(
    places: Sequence[float], ends: tuple[Sequence[float], Sequence[float]], out: int, inside: int
) -> float:
    """Return where an end of the interval crosses 0 between a place that is ruled out and one that
    is not."""
    end = ends[0] if ends[0][out] > 0 else ends[1]
    span = end[out] - end[inside]
    share = end[out] / span if math.isfinite(span) and span else 1.0
    return places[out] + min(max(share, 0.0), 1.0) * (places[inside] - places[out])


def _known(value: float) -> float | None:
    return None if math.isinf(value) else float(value)
