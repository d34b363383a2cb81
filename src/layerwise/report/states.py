"""What is known at each budget: better, worse, practically nothing or undecided; and why, where an
interval alone would say something else."""

from __future__ import annotations

from collections.abc import Sequence

from .._durable import Facts
from .formats import gain, is_number, number

STATES = ("helps", "hurts", "nil", "unclear")
WORDS = {
    "helps": "better",
    "hurts": "worse",
    "nil": "practically nothing",
    "unclear": "undecided",
    "none": "no result",
}
_SIGNIFICANT, _SURE = 0.05, 0.95  # the verdict's own limits


def state_of(row: Facts, facts: Facts) -> str:
    """Return the state of a difference at one budget: the verdict's, where it speaks of the recipe,
    else by the verdict's rules; 'none' where every trial failed."""
    if not is_number(row.get("mean")):
        return "none"
    verdict = facts.get("verdict") or {}
    if row["recipe"] == verdict.get("recipe"):
        for state in STATES:
            if row["labels"] in (verdict.get(f"{state}_at") or ()):
                return state
    if verdict.get("kind") == "too_few_draws":
        return "unclear"
    if is_number(row.get("p_practically_nil")) and row["p_practically_nil"] >= _SURE:
        return "nil"
    if _under(row.get("p_adjusted")) and _gate_open(row, facts):
        return "helps" if row["mean"] > 0 else "hurts"
    return "unclear"


def reason_of(row: Facts, state: str, rows: Sequence[Facts], facts: Facts, metric: str) -> str:
    """Return why a budget counts as ``state`` although its interval excludes zero, or nothing.

    A ``reason`` of the row itself goes first. ``rows`` are the differences of the same recipe.
    """
    if row.get("reason"):
        return str(row["reason"])
    if state not in ("nil", "unclear") or not _excludes_zero(row):
        return ""
    if state == "nil":
        half = gain((facts.get("study") or {}).get("practical"), metric).removeprefix("+")
        return f"excludes zero, but is surely within ± {half}: too little to matter"
    if (facts.get("verdict") or {}).get("kind") == "too_few_draws":
        return "excludes zero, but there are too few draws to claim anything"
    if not _under(row.get("p_adjusted")):
        count = sum(is_number(one.get("p")) for one in rows)
        looks = f"{number(count)} comparisons" if count > 1 else "all comparisons"
        return f"excludes zero alone; not after adjusting for {looks}"
    return "excludes zero alone; the mean over all budgets is not shown to differ"


def _excludes_zero(row: Facts) -> bool:
    low, high = row.get("low"), row.get("high")
    return is_number(low) and is_number(high) and (low > 0 or high < 0)


def _under(p: object) -> bool:
    return is_number(p) and p < _SIGNIFICANT


def _gate_open(row: Facts, facts: Facts) -> bool:
    """Say whether the recipe differs from its control over all budgets; without such a row, yes."""
    gates = [
        one.get("p_adjusted")
        for one in facts.get("overall") or []
        if one.get("control") and one["recipe"] == row["recipe"]
    ]
    return _under(gates[0]) if gates else True
