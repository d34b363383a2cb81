"""The facts of a study for its report, and its rows as CSV and Parquet."""

from __future__ import annotations

import io
import json
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl
import torch

from .. import __version__
from .._durable import jsonable, write_bytes
from ..evaluation import Outcome
from ..recipes import Recipe

FORMAT = "layerwise-study/1"


def study_facts(outcome: Outcome, result: dict[str, Any], context: dict[str, Any]) -> dict[str, Any]:
    """Return what a study found and what was run."""
    test = len(outcome.data.test_y) if outcome.data.test_y is not None else len(next(iter(outcome.tests.values()), ()))
    counts = {
        "rows": len(outcome.data.y),
        "labelled_rows": len(outcome.data.labelled),
        "test_rows": test,
        "classes": len(outcome.data.classes) or None,
        "arms": len(outcome.arms),
    }
    run = {
        "command": context["command"],
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "versions": {"layerwise": __version__, "python": platform.python_version()}
        | {name: version(name) for name in ("torch", "numpy", "scikit-learn", "scipy")},
        "recipes": [_recipe(recipe) for recipe in context["recipes"]],
        "files": list(context["files"]),
        "threads": torch.get_num_threads(),
    }
    return {"format": FORMAT, "version": __version__, "counts": counts, "run": run} | result


def write_rows(rows: list[dict[str, Any]], folder: Path) -> list[str]:
    """Write every row as ``rows.csv`` and ``rows.parquet``; return the names."""
    frame = pl.DataFrame([_flat(row) for row in rows], infer_schema_length=None)
    text, binary = io.BytesIO(), io.BytesIO()
    frame.write_csv(text)
    frame.write_parquet(binary)
    write_bytes(folder / "rows.csv", text.getvalue())
    write_bytes(folder / "rows.parquet", binary.getvalue())
    return ["rows.csv", "rows.parquet"]


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with what is nested as JSON text."""
    nested = ("setting", "tried", "warnings")
    return {name: json.dumps(jsonable(value)) if name in nested else value for name, value in row.items()}


def _recipe(recipe: Recipe) -> dict[str, Any]:
    return {
        "name": recipe.name,
        "stack": repr(recipe.stack),
        "plan": [_step(step) for step in recipe.plan],
        "finetune": [_step(step) for step in recipe.finetune],
        "control": [_step(step) for step in recipe.control or ()],
        "spec": recipe.to_dict(),
    }


def _step(step: Any) -> str:
    return f"{step.objective!r} on {step.schedule!r} with {step.training!r}"
