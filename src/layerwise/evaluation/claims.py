"""How the 5 % in which a study may claim what is not there are spent.

Three of them on what pretraining is worth in the recipe that is named first, the *tested* one: half
of that on the average over the budgets, half on the single budgets (Holm's procedure with weights).
One on whether another arm is better than it. The last is kept back: whoever adds draws because
nothing could be told looks a second time, and each further look has a fifth of what the look before
had (1 + 1/5 + 1/25 + ... = 5/4, and 5/4 of 4 % is 5 %). Other recipes are *exploratory*: they are
adjusted in the same way and for their number, and nothing is claimed of them.

References
----------
Holm (1979), "A simple sequentially rejective multiple test procedure"; Pocock (1977), "Group
sequential methods in the design and analysis of clinical trials"; Lan and DeMets (1983), "Discrete
sequential boundaries for clinical trials".
"""

from __future__ import annotations

from collections.abc import Sequence

from .statistics import holm

SIGNIFICANT = 0.05
SURE = 0.95  # probability of being practically nil
PRETRAINING, OTHERS = 0.03, 0.01  # spent at the first look
LATER = 5  # a look has so many times less than the one before


def family(
    average: float, budgets: Sequence[float], look: int = 1, recipes: int = 1
) -> list[float]:
    """Return adjusted p-values of the average and of each budget: below 0.05 they are claims.

    Parameters
    ----------
    average : float
    budgets : sequence of float
        P-values; NaN where there is no result.
    look : int
        1 for the number of draws that is judged first, 2 for the next.
    recipes : int
        How many recipes share this.

    Examples
    --------
    >>> [round(p, 4) for p in family(0.001, [0.001, 0.4])]
    [0.0033, 0.0033, 0.6667]
    """
    known = [p for p in budgets if p == p]
    times = recipes * _times(PRETRAINING, look)
    if len(known) < 2:
        return [min(1.0, times * p) if p == p else 1.0 for p in (average, *budgets)]
    weights = [0.5, *[0.5 / len(known)] * len(known)]
    found = iter(holm([average, *known], weights))
    first = min(1.0, times * next(found))
    return [first, *(min(1.0, times * next(found)) if p == p else 1.0 for p in budgets)]


def others(p: Sequence[float], look: int = 1) -> list[float]:
    """Return adjusted p-values of one arm against each of the others.

    >>> others([0.001, 0.5])
    [0.01, 1.0]
    """
    known = [1.0 if value != value else value for value in p]
    return [min(1.0, _times(OTHERS, look) * value) for value in holm(known)]


def _times(share: float, look: int) -> float:
    return round(SIGNIFICANT / share, 12) * LATER ** (look - 1)
