"""Curves and costs of a study."""

from __future__ import annotations

from .._durable import Facts
from .formats import MISSING, duration, gain, is_number, metric_name, number, score
from .study_plots import Curve, budget_curves, cost, differences

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
    summary, practical = (
        facts.get("summary") or [],
        (facts.get("study") or {}).get("practical") or 0.0,
    )
    best = best_baseline(facts)
    result = []
    for i, recipe in enumerate(recipes_of(facts)):
        rows = [row for row in facts["differences"] if row["recipe"] == recipe]
        arms = [rows[0]["arm"], rows[0]["against"], *([best] if best else [])]
        shown = [_curve(summary, arm) for arm in arms]
        label = (
            f"{metric_name(metric)} over the number of labels: {recipe}, its control and the "
            "best baseline"
        )
        named = [
            (row["arm"], LOOKS.get(str(row["role"]), "other"))
            for row in first_rows(summary)
            if row["arm"] in arms
        ]
        result.append(
            {
                "recipe": recipe,
                "key": named,
                "curves": budget_curves(
                    f"curves{i}", label, [curve for curve in shown if curve.labels], metric
                ),
                "differences": differences(
                    f"gaps{i}",
                    f"paired differences of {recipe} by number of labels",
                    rows,
                    metric,
                    practical,
                ),
                "rows": [_difference_row(row, metric) for row in rows],
            }
        )
    return result


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
    """Return the baseline with the highest learning curve."""
    rows = [
        row
        for row in facts.get("areas") or []
        if row["role"] == "baseline" and is_number(row["area"])
    ]
    return max(rows, key=lambda row: row["area"])["arm"] if rows else None


def cost_plot(facts: Facts, metric: str) -> Facts | None:
    """Return seconds against scores, arm by arm."""
    summary, areas = (
        facts.get("summary") or [],
        {row["arm"]: row["area"] for row in facts.get("areas") or []},
    )
    points: list[tuple[int, float, float, str]] = []
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
                "prepare": duration(mine[0]["seconds_prepare"]) if look == "first" else "",
                "memory": f"{max(memory) / 2**20:,.0f} MiB" if memory else MISSING,
            }
        )
        if arm not in GUESSES:
            points.append((len(rows), max(mean, 1e-3), areas[arm], look))
    if not points:
        return None
    return {
        "plot": cost(
            "cost", "mean score over seconds, one point per arm but the guesses", points, metric
        ),
        "rows": rows,
    }
