"""What recipes there are."""

from __future__ import annotations

from .._durable import Facts
from ..recipes import RECIPES, arguments_of, make_recipe, summary_of


def recipes() -> list[Facts]:
    """Return name, summary, stack, plans and arguments of every recipe."""
    return [_facts(name) for name in RECIPES]


def _facts(name: str) -> Facts:
    recipe = make_recipe(name)
    plans = {
        part: [f"{step.objective!r} on {step.schedule!r}" for step in getattr(recipe, part)]
        for part in ("plan", "finetune")
    }
    return {
        "name": name,
        "summary": summary_of(name),
        "stack": repr(recipe.stack),
        **plans,
        "arguments": arguments_of(name),
    }
