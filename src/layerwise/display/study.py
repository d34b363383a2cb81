"""What a picture reads from a study: its result, or the file of its report."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .._durable import Facts, read_json
from .._errors import DataError, ParameterError, did_you_mean

Result = Mapping[str, Any] | str | Path


def study_of(result: Result) -> Mapping[str, Any]:
    """Return the result of a study that is given as it is or as the path of its ``report.json``.

    Raises
    ------
    DataError, FileError
        When it is no result of ``layerwise.compare``; when the file cannot be read.
    """
    found = read_json(Path(result)) if isinstance(result, (str, Path)) else result
    if not isinstance(found, Mapping) or not {"summary", "differences"} <= set(found):
        what = repr(str(result)) if isinstance(result, (str, Path)) else type(result).__name__
        raise DataError(
            f"{what} is no result of a study: it has no 'summary' and no 'differences'.",
            "Give what layerwise.compare returns, or the report.json in its folder.",
        )
    return found


def recipe_of(result: Mapping[str, Any], recipe: str | None) -> str:
    """Return the recipe that was asked for, or the one that the verdict speaks of.

    Raises
    ------
    DataError, ParameterError
        When the study has no recipe; when it has not this one.
    """
    known = list(dict.fromkeys(row["recipe"] for row in result["differences"]))
    if not known:
        raise DataError(
            "No recipe took part in this study, so there is nothing beside a control.",
            "Compare with recipes=None or a list of names.",
        )
    if recipe is None:
        spoken = (result.get("verdict") or {}).get("recipe")
        return str(spoken if spoken in known else known[0])
    if recipe not in known:
        raise ParameterError(
            f"There is no recipe {recipe!r} in this study, which has {', '.join(known)}.",
            did_you_mean(recipe, known),
        )
    return recipe


def metric_of(result: Mapping[str, Any]) -> tuple[str, bool]:
    """Return the metric of a study, and whether more of it is better."""
    return str(result.get("metric") or "score"), bool(result.get("higher_is_better", True))


def numbers(rows: Sequence[Facts], name: str) -> np.ndarray:
    """Return a column of rows as floats; NaN where there is None."""
    values = [row.get(name) for row in rows]
    return np.array([math.nan if value is None else float(value) for value in values])
