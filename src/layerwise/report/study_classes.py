"""Recall by class of a recipe and its control."""

from __future__ import annotations

from .._durable import Facts
from .formats import MISSING, gain, is_number, number, score
from .study_curves import recipes_of, short_arm

_MOST = 40
_UNBALANCED = 2.0  # times the smallest class that the largest one has


def classes(facts: Facts) -> Facts | None:
    """Return recall by class of the recipe that the verdict speaks of, and each class's share of
    the labelled rows."""
    part, recipes = facts.get("classes") or {}, recipes_of(facts)
    rows = part.get("rows") or []
    if not rows or not recipes:
        return None
    gap = next(row for row in facts["differences"] if row["recipe"] == recipes[0])
    recall = {(row["arm"], row["class"]): row["recall"] for row in rows}
    shares = {row["class"]: row.get("share") for row in rows}
    names = list(shares)
    table = []
    for name in names[:_MOST]:
        first, second = recall.get((gap["arm"], name)), recall.get((gap["against"], name))
        table.append(
            {
                "class": name,
                "share": score(shares[name]),
                "first": score(first),
                "second": score(second),
                "change": gain(first - second)
                if is_number(first) and is_number(second)
                else MISSING,
            }
        )
    return {
        "labels": number(part.get("labels")),
        "recipe": recipes[0],
        "arms": [short_arm(gap[arm], recipes[0]) for arm in ("arm", "against")],
        "rows": table,
        "shared": any(map(is_number, shares.values())),
        "unbalanced": _unbalanced(list(shares.values())),
        "more": max(0, len(names) - _MOST),
    }


def _unbalanced(shares: list[object]) -> bool:
    """Say whether the largest class has more than twice the rows of the smallest; where that is not
    known, yes."""
    known = [share for share in shares if is_number(share)]
    return not known or max(known) > _UNBALANCED * min(known)
