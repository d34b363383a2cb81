"""How training went: curves of the loss, phase by phase, and what moved."""

from __future__ import annotations

import math
from itertools import groupby
from typing import Any

import numpy as np

from .._durable import Facts
from . import plots
from .formats import MISSING, duration, floats, is_number, number
from .limits import LOOKS, MOST

# What is told of a phase beside its loss, all of it about from 0 to 1: the look of its curve
SIGNALS = {
    "knn": ("nearest neighbours on the labelled rows", False, False),
    "linear": ("a linear model on the labelled rows", False, True),
    "spread": ("spread of the embeddings", True, False),
    "agreement": ("agreement of two views", True, True),
    "sure": ("rows it is sure of", True, False),
    "classes_guessed": ("classes guessed, by those of the labels", False, True),
}


def history(part: Facts) -> Facts | None:
    """Return one panel per phase of pretraining, one of fine-tuning, and a table of all phases."""
    phases = _phases(part.get("pretraining") or [])
    tuning = {str(arm): rows for arm, rows in (part.get("finetuning") or {}).items() if rows}
    if not phases and not tuning:
        return None
    drawn = phases[: MOST["panels"]]
    across = min(max(len(drawn), 1), 4)
    panels = [_phase_panel(i, rows, across) for i, rows in enumerate(drawn)]
    table = [_phase_row("pretraining", rows) for rows in phases]
    table += [
        _phase_row(f"fine-tuning, {arm}", rows)
        for arm, all_rows in tuning.items()
        for rows in _phases(all_rows)
    ]
    used = [row for rows in [*phases, *tuning.values()] for row in rows]
    return {
        "panels": [panel for panel in panels if panel],
        "across": across,
        "signals": _signals(phases[-1] if phases else None, tuning),
        "more": max(0, len(phases) - MOST["panels"]),
        "tuning": _tuning_panel(tuning) if tuning else None,
        "arms": [(arm, "second" if i % 2 else "first") for i, arm in enumerate(_arms(tuning))],
        "validated": any(is_number(row.get("validation")) for row in used),
        "table": table,
    }


def _phases(rows: list[Facts]) -> list[list[Facts]]:
    return [
        list(group)
        for _, group in groupby(rows, key=lambda row: (row.get("step"), row.get("phase")))
    ]


def _phase_name(row: Facts) -> tuple[str, str]:
    """Return the objective's name and the stages, counted from 1."""
    first, last = row.get("first"), row.get("last")
    if not isinstance(first, int) or not isinstance(last, int):
        return str(row.get("objective") or "training"), ""
    stages = f"stage {first + 1}" if first == last else f"stages {first + 1} to {last + 1}"
    return str(row.get("objective") or "training"), stages


def _curve(rows: list[Facts], key: str, second: bool = False, after: int = 0) -> list[plots.Line]:
    """Return the curve of one column of the history, ``after`` so many epochs, or none."""
    values = floats([row.get(key) for row in rows])
    if not any(math.isfinite(v) for v in values):
        return []
    epochs = [float(after + i) for i in range(1, len(rows) + 1)]
    return [plots.Line(epochs, values, second, dashed=key == "validation")]


def _phase_panel(index: int, rows: list[Facts], across: int) -> Facts | None:
    lines = _curve(rows, "loss") + _curve(rows, "validation")
    objective, stages = _phase_name(rows[0])
    label = f"loss by epoch of pretraining phase {index + 1}: {objective} {stages}"
    return (
        {
            "objective": objective,
            "stages": stages,
            "plot": plots.curves(f"phase{index}", label, lines, across),
        }
        if lines
        else None
    )


def _signals(last: list[Facts] | None, tuning: dict[str, list[Facts]]) -> list[Facts]:
    """Return curves of what was told beside the loss: of the last phase of pretraining, and of
    the first arm's fine-tuning."""
    first = next(iter(_arms(tuning)), None)
    shown = []
    for name, rows in (("pretraining", last), ("fine-tuning", tuning.get(first or ""))):
        drawn = [key for key in SIGNALS if any(is_number(row.get(key)) for row in rows or ())]
        lines = [line for key in drawn for line in _told(rows or [], key)]
        if lines:
            words = ", ".join(SIGNALS[key][0] for key in drawn)
            label = f"{words}, by epoch of {name}"
            plot = plots.curves(f"signals-{name}", label, lines, shares=True)
            looks = [
                (SIGNALS[key][0], "second" if SIGNALS[key][1] else "first", SIGNALS[key][2])
                for key in drawn
            ]
            shown.append({"name": name, "plot": plot, "looks": looks})
    return shown


def _told(rows: list[Facts], key: str) -> list[plots.Line]:
    """Return the curve of a column that some epochs have."""
    _, second, dashed = SIGNALS[key]
    found = [(float(i), row[key]) for i, row in enumerate(rows, 1) if is_number(row.get(key))]
    return [plots.Line([i for i, _ in found], [float(v) for _, v in found], second, dashed)]


def _arms(tuning: dict[str, list[Facts]]) -> list[str]:
    places = {"first": 0, "second": 1}
    return sorted(tuning, key=lambda arm: places.get(LOOKS.get(arm, ""), 2))[:2]


def _tuning_panel(tuning: dict[str, list[Facts]]) -> Any:
    lines = []
    for i, arm in enumerate(_arms(tuning)):
        second, after = bool(i) or LOOKS.get(arm) == "second", 0
        for _, group in groupby(tuning[arm], key=lambda row: row.get("objective")):
            rows = list(group)  # losses of two objectives are no one curve
            lines += _curve(rows, "loss", second, after) + _curve(rows, "validation", second, after)
            after += len(rows)
    return (
        plots.curves("tuning", "loss by epoch of fine-tuning, both arms", lines) if lines else None
    )


def _phase_row(kind: str, rows: list[Facts]) -> Facts:
    objective, stages = _phase_name(rows[0])
    times = [row["seconds"] for row in rows if is_number(row.get("seconds"))]
    speeds = [row["rows_per_second"] for row in rows if is_number(row.get("rows_per_second"))]
    return {
        "kind": kind,
        "objective": objective,
        "stages": stages,
        "epochs": number(len(rows)),
        "first": number(rows[0].get("loss")),
        "last": number(rows[-1].get("loss")),
        "validation": number(rows[-1].get("validation")),
        "seconds": duration(sum(times)) if times else MISSING,
        "speed": number(round(float(np.median(speeds)))) if speeds else MISSING,
    }


def transfer(rows: list[Facts]) -> list[Facts] | None:
    """Return, by layer, whether the pretrained weights arrived and how far fine-tuning moved
    them."""
    largest = max((row["moved"] for row in rows if is_number(row.get("moved"))), default=0)
    return [
        {
            "layer": row.get("layer", ""),
            "start": number(row.get("start_difference"), 3),
            "arrived": row.get("start_difference") == 0,
            "moved": number(row.get("moved"), 3),
            "width": round(100 * row["moved"] / largest, 1)
            if largest > 0 and is_number(row.get("moved"))
            else 0,
        }
        for row in rows
    ] or None
