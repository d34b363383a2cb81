"""The tables of a study: arms by numbers of labels, further measures, labels saved, wins, what was
tried."""

from __future__ import annotations

from collections.abc import Sequence

from .._durable import Facts
from .formats import (
    MISSING,
    is_higher_better,
    is_number,
    is_share,
    metric_name,
    number,
    score,
    short,
)
from .study_curves import LOOKS, first_rows

MEASURES = (
    "accuracy",
    "balanced_accuracy",
    "macro_f1",
    "auc",
    "average_precision",
    "log_loss",
    "brier",
    "ece",
    "r2",
    "mean_absolute_error",
    "root_mean_squared_error",
    "pinball",
)
_MOST_TRIED = 400


def arms_table(facts: Facts, metric: str) -> Facts | None:
    """Return arms by budgets: mean and half the interval, in percent for a share; the best arm
    first, the best of each budget marked."""
    summary = facts.get("summary") or []
    if not summary:
        return None
    budgets = sorted({row["labels"] for row in summary})
    cells = {(row["arm"], row["labels"]): row for row in summary}
    higher = is_higher_better(facts)
    best = {b: _best([row for row in summary if row["labels"] == b], higher) for b in budgets}
    areas = {row["arm"]: row["area"] for row in facts.get("areas") or []}
    rows = [
        {
            "arm": first["arm"],
            "look": LOOKS.get(str(first["role"]), "other"),
            "values": [_value(cells.get((first["arm"], b)), best[b], metric) for b in budgets],
            "area": _cell(areas.get(first["arm"]), metric),
        }
        for first in sorted(
            first_rows(summary), key=lambda row: _rank(areas.get(row["arm"]), higher)
        )
    ]
    return {
        "budgets": [number(b) for b in budgets],
        "rows": rows,
        "unit": " (%)" if is_share(metric) else "",
    }


def _rank(area: object, higher: bool) -> tuple[bool, float]:
    """Return what arms are ordered by: the best curve first, those without one last."""
    return (False, -area if higher else area) if is_number(area) else (True, 0.0)


def _best(rows: Sequence[Facts], higher: bool) -> float | None:
    means = [row["mean"] for row in rows if is_number(row["mean"])]
    return (max if higher else min)(means, default=None)


def _value(row: Facts | None, best: float | None, metric: str) -> tuple[str, str, bool]:
    """Return a cell: the mean, half of its interval, whether it is the best."""
    if row is None:
        return MISSING, "", False
    if not is_number(row.get("mean")):
        return "failed", "", False
    low, high = row.get("low"), row.get("high")
    half = f"± {_cell((high - low) / 2, metric)}" if is_number(low) and is_number(high) else ""
    return _cell(row["mean"], metric), half, row["mean"] == best


def _cell(value: object, metric: str) -> str:
    """Return a number for a table whose head names the unit."""
    return f"{100 * value:.1f}" if is_number(value) and is_share(metric) else score(value, metric)


def further_measures(facts: Facts, metric: str) -> Facts | None:
    """Return all other measures at the budget in the middle."""
    summary = facts.get("summary") or []
    budgets = sorted({row["labels"] for row in summary})
    if not budgets:
        return None
    middle = budgets[(len(budgets) - 1) // 2]
    rows = [row for row in summary if row["labels"] == middle]
    names = [
        key for key in MEASURES if key != metric and any(is_number(row.get(key)) for row in rows)
    ]
    shown = [
        {"arm": row["arm"], "values": [_measure(row.get(key), key) for key in names]}
        for row in rows
    ]
    heads = [metric_name(key) for key in names]
    return {"labels": number(middle), "names": heads, "rows": shown} if names else None


def _measure(value: object, name: str) -> str:
    return score(value, name) if is_share(name) else number(value, 3)


def saved(facts: Facts) -> list[Facts]:
    """Return how many labels the control needs to do as well."""
    rows = []
    for row in facts.get("labels_saved") or []:
        low, high = (_count(row[end], row["most"]) for end in ("low", "high"))
        known = is_number(row["saved"]) and not row["or_fewer"]
        rows.append(
            {
                "recipe": row["recipe"],
                "labels": number(row["labels"]),
                "needed": _count(row["needed"], row["most"])
                + (" or fewer" if row["or_fewer"] else ""),
                "interval": low if low == high else f"{low} to {high}",
                "saved": number(round(row["saved"])) if known else MISSING,
            }
        )
    return rows


def _count(value: float | None, most: float) -> str:
    return f"more than {number(most)}" if value is None else number(round(value))


def wins(facts: Facts) -> list[Facts]:
    """Return the rows of the recipe that the verdict speaks of."""
    spoken = (facts.get("verdict") or {}).get("recipe")
    arms = {row["arm"] for row in facts.get("differences") or [] if row["recipe"] == spoken}
    return [row for row in facts.get("wins") or [] if row["arm"] in arms]


def tried(facts: Facts) -> Facts | None:
    """Return the settings that were tried, with their scores and which were chosen."""
    rows = [row for row in facts.get("tuning") or [] if isinstance(row, dict)]
    shown = [
        {
            "arm": row.get("arm") or "",
            "labels": number(row.get("labels")),
            "setting": _setting(row.get("setting")),
            "score": number(row.get("score")),
            "chosen": _chosen(row.get("chosen")),
        }
        for row in rows[:_MOST_TRIED]
    ]
    return {"rows": shown, "more": max(0, len(rows) - _MOST_TRIED)} if rows else None


def _setting(setting: object) -> str:
    """Return a setting as people write one."""
    if isinstance(setting, dict):
        return ", ".join(f"{key} {number(value)}" for key, value in setting.items()) or "as given"
    return MISSING if setting is None else short(setting)


def _chosen(value: object) -> str:
    """Return a mark, or in how many draws the setting was chosen."""
    if isinstance(value, bool):
        return "✓" if value else ""
    return number(value) if is_number(value) else ""
