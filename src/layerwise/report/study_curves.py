"""Curves and costs of a study."""

from __future__ import annotations

from .._durable import Facts
from .cost_plot import CostPoint, cost
from .formats import (
    MISSING,
    duration,
    gain,
    is_higher_better,
    is_number,
    metric_name,
    number,
    score,
)
from .states import STATES, WORDS, reason_of, state_of
from .study_plots import Axis, Curve, Gap, budget_curves, differences

GUESSES = ("majority", "mean")  # left out of the plot: so low that the others would be one point
LOOKS = {"pretrained": "first", "control": "second", "baseline": "other"}


MOST_RECIPES = 8


def recipes_of(facts: Facts) -> list[str]:
    """Return the recipes, the one that the verdict speaks of first."""
    names = list(dict.fromkeys(row["recipe"] for row in facts.get("differences") or []))
    spoken = (facts.get("verdict") or {}).get("recipe")
    return sorted(names, key=lambda name: name != spoken)[:MOST_RECIPES]


def curves(facts: Facts, metric: str) -> list[Facts]:
    """Return two plots for each recipe: both arms beside the best baseline, and their paired
    differences."""
    return [_recipe(i, recipe, facts, metric) for i, recipe in enumerate(recipes_of(facts))]


def _recipe(i: int, recipe: str, facts: Facts, metric: str) -> Facts:
    summary, best = facts.get("summary") or [], best_baseline(facts)
    rows = [row for row in facts["differences"] if row["recipe"] == recipe]
    arms = [rows[0]["arm"], rows[0]["against"], *([best] if best else [])]
    named = [
        (row["arm"], LOOKS.get(str(row["role"]), "other"))
        for row in first_rows(summary)
        if row["arm"] in arms
    ]
    axis = Axis(metric)
    label = (
        f"{metric_name(metric)} over the number of labels: {recipe}, its control and the "
        "best baseline"
    )
    states = [state_of(row, facts) for row in rows]
    reasons = [
        reason_of(row, state, rows, facts, metric) for row, state in zip(rows, states, strict=True)
    ]
    gaps = [
        Gap(row["labels"], row["mean"], row["low"], row["high"], state)
        for row, state in zip(rows, states, strict=True)
    ]
    practical = (facts.get("study") or {}).get("practical") or 0.0
    shown = [curve for arm in arms if (curve := _curve(summary, arm)).labels]
    first = short_arm(rows[0]["arm"], recipe)
    return {
        "recipe": recipe,
        "key": named,
        "curves": budget_curves(f"curves{i}", label, shown, axis),
        "differences": differences(
            f"gaps{i}",
            f"paired gains of {recipe} by number of labels",
            gaps,
            axis,
            practical,
            first,
        ),
        "first": first,
        "states": [(state, WORDS[state]) for state in STATES if state in states],
        "explained": any(reasons),
        "rows": [
            _difference_row(row, metric) | {"state": WORDS[state], "look": state, "reason": reason}
            for row, state, reason in zip(rows, states, reasons, strict=True)
        ],
    }


def short_arm(arm: str, recipe: str) -> str:
    """Return an arm's name without its recipe's.

    >>> short_arm("deep_autoencoder, pretrained", "deep_autoencoder")
    'pretrained'
    """
    return arm.removeprefix(f"{recipe}, ")


def _difference_row(row: Facts, metric: str) -> Facts:
    interval = f"{gain(row['low'], metric).removesuffix(' points')} to {gain(row['high'], metric)}"
    return {
        "labels": number(row["labels"]),
        "mean": gain(row["mean"], metric),
        "interval": interval if is_number(row["low"]) else MISSING,
        "p": _small(row["p_adjusted"]),
        "nil": _small(row["p_practically_nil"]),
        "draws": number(row["draws"]),
    }


def _small(p: object) -> str:
    return (
        "< 0.001"
        if is_number(p) and p < 0.001
        else "> 0.999"
        if is_number(p) and p > 0.999
        else number(p, 2)
    )


def _curve(summary: list[Facts], arm: str) -> Curve:
    rows = [row for row in summary if row["arm"] == arm and is_number(row["mean"])]
    low, high = (
        [row[end] if is_number(row[end]) else float("nan") for row in rows]
        for end in ("low", "high")
    )
    look = LOOKS.get(str(rows[0]["role"]), "other") if rows else "other"
    return Curve([row["labels"] for row in rows], [row["mean"] for row in rows], low, high, look)


def first_rows(summary: list[Facts]) -> list[Facts]:
    """Return the first row of each arm."""
    seen: dict[str, Facts] = {}
    for row in summary:
        seen.setdefault(row["arm"], row)
    return list(seen.values())


def best_baseline(facts: Facts) -> str | None:
    """Return the baseline with the best learning curve."""
    rows = [
        row
        for row in facts.get("areas") or []
        if row["role"] == "baseline" and is_number(row["area"])
    ]
    pick = max if is_higher_better(facts) else min
    return pick(rows, key=lambda row: row["area"])["arm"] if rows else None


def cost_plot(facts: Facts, metric: str) -> Facts | None:
    """Return seconds against scores, arm by arm."""
    summary = facts.get("summary") or []
    areas = {row["arm"]: row["area"] for row in facts.get("areas") or []}
    points: list[CostPoint] = []
    rows: list[Facts] = []
    for first in first_rows(summary):
        arm, look = first["arm"], LOOKS.get(str(first["role"]), "other")
        mine = [row for row in summary if row["arm"] == arm]
        seconds = [row["seconds"] for row in mine if is_number(row["seconds"])]
        memory = [row["peak_memory"] for row in mine if is_number(row["peak_memory"])]
        if not seconds or not is_number(areas.get(arm)):
            continue
        mean = sum(seconds) / len(seconds)
        rows.append(
            {
                "arm": arm,
                "number": len(rows) + 1,
                "look": look,
                "area": score(areas[arm], metric),
                "seconds": duration(mean),
                "prepare": duration(mine[0].get("seconds_prepare")) if look == "first" else "",
                "memory": f"{max(memory) / 2**20:,.0f} MiB" if memory else MISSING,
            }
        )
        if arm not in GUESSES:
            points.append(CostPoint(len(rows), max(mean, 1e-3), areas[arm], look))
    if not points:
        return None
    label = "mean score over seconds, one numbered point per arm but the guesses"
    return {
        "plot": cost("cost", label, points, Axis(metric)),
        "rows": rows,
    }
