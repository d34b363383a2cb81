"""What recipes there are."""

from __future__ import annotations

from .._durable import Facts
from ..recipes import (
    KINDS,
    RECIPES,
    arguments_of,
    kind_of,
    make_recipe,
    needed_by,
    summary_of,
    year_of,
)


def recipes() -> list[Facts]:
    """Return name, kind, year, summary, stack, plans and arguments of every recipe: by kind, then
    by year."""
    return [_facts(name) for name in sorted(RECIPES, key=_place)]


def _place(name: str) -> tuple[int, int, str]:
    return KINDS.index(kind_of(name)), year_of(name) or 0, name


def _facts(name: str) -> Facts:
    known = {"kind": kind_of(name), "year": year_of(name), "summary": summary_of(name)}
    needed = needed_by(name)
    made: Facts = {"stack": None, "plan": [], "finetune": []}
    if not needed:  # what it is made of depends on a folder otherwise
        recipe = make_recipe(name)
        made = {"stack": repr(recipe.stack)}
        for part in ("plan", "finetune"):
            made[part] = [f"{s.objective!r} on {s.schedule!r}" for s in getattr(recipe, part)]
    own = {"arguments": arguments_of(name), "needs": needed}
    return {"name": name} | known | made | own
