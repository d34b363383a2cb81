"""The facts of a study for its report, and its rows as CSV and Parquet."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TypedDict

import polars as pl

from .._durable import Facts, jsonable, read_json
from .._errors import FileError
from .._version import __version__
from ..evaluation import Outcome
from ..recipes import Recipe
from ..report import TWIN
from .facts import machine, plan_words, versions

FORMAT = "layerwise-study/1"


class Ran(TypedDict):
    """What was run: the command, its recipes, the files beside the report."""

    command: str
    recipes: list[Recipe]
    files: list[str]


def study_facts(outcome: Outcome, result: Facts, context: Ran) -> Facts:
    """Return what a study found and what was run."""
    test = len(next(iter(outcome.drawn.values())).test) if outcome.drawn else None
    counts = {
        "rows": len(outcome.data.y),
        "labelled_rows": len(outcome.data.labelled),
        "test_rows": test,
        "classes": len(outcome.data.classes) or None,
        "arms": len(outcome.arms),
    }
    run = {
        "command": context["command"],
        "machine": machine(),
        "versions": versions(),
        "recipes": [_recipe(recipe) for recipe in context["recipes"]],
        "files": list(context["files"]),
    }
    return {"format": FORMAT, "version": __version__, "counts": counts, "run": run} | result


def earlier_looks(out: Path, fingerprint: str) -> list[int]:
    """Return with how many draws the study in a folder was judged before: each further look has
    less of the 5 % in which it may claim what is not there."""
    try:
        kept = read_json(out / TWIN)
    except FileError:
        return []
    if not isinstance(kept, dict) or kept.get("fingerprint") != fingerprint:
        return []
    looks = kept.get("looks")
    return [n for n in looks if isinstance(n, int)] if isinstance(looks, list) else []


def row_files(rows: list[Facts]) -> dict[str, bytes]:
    """Return every row as ``rows.csv`` and ``rows.parquet``, by name."""
    frame = pl.DataFrame([_flat(row) for row in rows], infer_schema_length=None)
    text, binary = io.BytesIO(), io.BytesIO()
    frame.write_csv(text)
    frame.write_parquet(binary)
    return {"rows.csv": text.getvalue(), "rows.parquet": binary.getvalue()}


def _flat(row: Facts) -> Facts:
    """Return a row with what is nested as JSON text."""
    nested = ("setting", "tried", "warnings")
    return {
        name: json.dumps(jsonable(value)) if name in nested else value
        for name, value in row.items()
    }


def _recipe(recipe: Recipe) -> Facts:
    return {
        "name": recipe.name,
        "stack": repr(recipe.stack),
        "plan": plan_words(recipe.plan),
        "finetune": plan_words(recipe.finetune),
        "control": plan_words(recipe.control or ()),
        "spec": recipe.to_dict(),
    }
