"""The arm with the highest mean at each budget, and what is not shown to be worse."""

from __future__ import annotations

from .._durable import Facts
from .cells import Cells
from .claims import SIGNIFICANT

CHEAPER = 0.5  # of the seconds: worth a word


def best_arms(cells: Cells) -> list[Facts]:
    """Return for each budget the arm of the highest mean.

    It is chosen for its height among many, so its mean flatters it a little; nothing is claimed by
    its place.

    Returns
    -------
    list of dict
        ``labels``, ``arm``, ``role``, ``recipe`` (None for a baseline), ``mean`` (in the metric's
        own units), ``seconds`` of one budget of one draw, ``seconds_prepare`` of them, ``arms``
        (how many had a result), ``level`` (arms that are not shown to be worse, by a paired test of
        each alone, the cheapest first), and ``cheaper``: the first of those if it takes less than
        half the time.
    """
    return [row for labels in cells.budgets if (row := _best(cells, labels)) is not None]


def _best(cells: Cells, labels: int) -> Facts | None:
    levels = {arm.name: cells.level(arm.name, labels) for arm in cells.arms}
    known = [arm for arm in cells.arms if levels[arm.name].draws]
    if not known:
        return None
    top = max(known, key=lambda arm: cells.metric.sign * levels[arm.name].mean)
    others = [
        arm.name
        for arm in known
        if arm is not top and cells.gap(top.name, arm.name, labels).p >= SIGNIFICANT
    ]
    level = sorted(others, key=lambda name: _seconds(cells, name, labels))
    own = _seconds(cells, top.name, labels)
    cheap = level and _seconds(cells, level[0], labels) < CHEAPER * own
    return {
        "labels": labels,
        "arm": top.name,
        "role": top.role,
        "recipe": None if top.role == "baseline" else top.group,
        "mean": levels[top.name].mean,
        "seconds": own,
        "seconds_prepare": cells.mean(top.name, labels, "seconds", "prepare"),
        "arms": len(known),
        "level": level,
        "cheaper": level[0] if cheap else None,
    }


def _seconds(cells: Cells, arm: str, labels: int) -> float:
    """Return the seconds of one budget of one draw."""
    parts = ("prepare", "choose", "fit", "predict")
    return sum(cells.mean(arm, labels, "seconds", part) or 0.0 for part in parts)
