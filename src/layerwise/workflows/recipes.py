"""What recipes there are."""

from __future__ import annotations

from .._durable import Facts
from ..recipes import KINDS, RECIPES, arguments_of, kind_of, make_recipe, summary_of, year_of


def recipes() -> list[Facts]:
    """Return name, kind, year, summary, stack, plans and arguments of every recipe: by kind, then
    by year."""
    return [_facts(name) for name in sorted(RECIPES, key=_place)]


def _place(name: str) -> tuple[int, int, str]:
    return KINDS.index(kind_of(name)), year_of(name) or 0, name


def _facts(name: str) -> Facts:
    recipe = make_recipe(name)
    plans = {
        part: [f"{step.objective!r} on {step.schedule!r}" for step in getattr(recipe, part)]
        for part in ("plan", "finetune")
    }
    return {
        "name": name,
        "kind": kind_of(name),
        "year": year_of(name),
        "summary": summary_of(name),
        "stack": repr(recipe.stack),
        **plans,
        "arguments": arguments_of(name),
    }
