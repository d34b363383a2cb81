"""From facts to what the template shows: one function per section, each returning None when there
is nothing to show.

The facts arrive as plain data (``None`` for what is not finite); only pictures and points are still
arrays.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from .._durable import Facts
from . import plots
from .compression import compression
from .confusion import confusion
from .formats import (
    better,
    duration,
    floats,
    gain,
    is_higher_better,
    is_number,
    metric_name,
    number,
    score,
)
from .learning import history, transfer
from .limits import LOOKS, MOST, texts_of
from .looks import codes, pictures, residuals, table
from .texts import texts as text_part
from .track import track_of
from .verdicts import look_of


def view(facts: Facts, arrays: dict[str, dict[str, np.ndarray]]) -> Facts:
    """Return everything the template names; a section without facts is None."""
    parts: dict[str, Callable[[], Any]] = {
        "headline": lambda: headline(facts.get("headline") or {}),
        "data": lambda: data(facts.get("data") or {}),
        "comparison": lambda: comparison(facts.get("comparison") or {}),
        "history": lambda: history(facts.get("history") or {}),
        "pictures": lambda: pictures(facts.get("pictures") or {}, arrays.get("pictures") or {}),
        "compression": lambda: compression(facts.get("compression") or {}),
        "table": lambda: table(facts.get("table_reconstruction") or {}),
        "texts": lambda: text_part(facts.get("texts") or {}),
        "codes": lambda: codes(facts.get("codes") or {}, arrays.get("codes") or {}, facts),
        "confusion": lambda: confusion(facts.get("confusion") or {}),
        "residuals": lambda: residuals(facts.get("residuals") or {}),
        "transfer": lambda: transfer(facts.get("transfer") or []),
        "run": lambda: run(facts.get("run") or {}, facts.get("command")),
        "seconds": lambda: seconds(facts.get("seconds") or {}),
    }
    result = {name: part() for name, part in parts.items()}
    texts = {name: facts.get(name) or "" for name in ("version", "metric_note", "luck")}
    return result | texts | {"title": facts.get("title") or "Report"}


def headline(part: Facts) -> Facts | None:
    """Return the verdict: its kind, its sign and words, and the sentence."""
    if not part.get("text"):
        return None
    sign, words, look = look_of(part.get("kind"), "fit")
    return {"kind": look, "sign": sign, "words": words, "text": part["text"]}


def data(part: Facts) -> Facts | None:
    """Return the counts, the classes and the notes."""
    if not part:
        return None
    names = {
        "rows": "rows",
        "labels": "labels",
        "unlabelled": "unlabelled",
        "test_rows": "test rows",
        "features": "features",
    }
    counts = [
        (number(part[key]), words) for key, words in names.items() if part.get(key) is not None
    ]
    classes = texts_of(part.get("classes"))
    return {
        "name": part.get("name"),
        "counts": counts,
        "task": part.get("task"),
        "target": part.get("target"),
        "classes": classes[: MOST["classes"]],
        "more": max(0, len(classes) - MOST["classes"]),
        "class_count": len(classes),
        "notes": texts_of(part.get("notes")),
    }


def comparison(part: Facts) -> Facts | None:
    """Return the table of arms, the draws and the difference."""
    rows, metric = part.get("rows") or [], str(part.get("metric") or "score")
    if not rows and not part.get("draws") and not part.get("difference"):
        return None
    higher = is_higher_better(part)
    values = [row["value"] for row in rows if is_number(row.get("value"))]
    best = (max if higher else min)(values) if len(values) > 1 else None
    track = track_of(values, higher)
    shown = [
        {
            "arm": row.get("arm", ""),
            "value": score(row.get("value"), metric),
            "best": best is not None and row.get("value") == best,
            "place": track.place(row.get("value")) if track else None,
            "seconds": duration(row["seconds"]) if row.get("seconds") is not None else "",
            "look": LOOKS.get(row.get("arm"), "other"),
        }
        for row in rows
    ]
    return {
        "metric": metric_name(metric),
        "cause": part.get("cause") or "pretraining",
        "better": better(higher),
        "rows": shown,
        "marks": track.marks(metric) if track else [],
        "timed": any(row["seconds"] for row in shown),
        "flags": texts_of(part.get("flags")),
        "draws": _draws(part.get("draws") or [], metric),
        "difference": _difference(
            part.get("difference") or {}, part.get("draws") or [], metric, higher
        ),
    }


def _draws(draws: list[Facts], metric: str) -> Any:
    arms = [floats([draw.get(arm) for draw in draws]) for arm in ("pretrained", "random_start")]
    keep = [i for i in range(len(draws)) if all(math.isfinite(arm[i]) for arm in arms)][
        : MOST["draws"]
    ]
    if not keep:
        return None
    seeds = [f"seed {draws[i].get('seed', i)}" for i in keep]
    label = f"{metric_name(metric)} of both arms in each of {len(keep)} draws"
    pretrained, start = ([arm[i] for i in keep] for arm in arms)
    return plots.draws("draws", label, seeds, pretrained, start, metric)


def _difference(part: Facts, draws: list[Facts], metric: str, higher: bool) -> Facts | None:
    if not is_number(part.get("mean")):
        return None
    arms = [floats([draw.get(arm) for draw in draws]) for arm in ("pretrained", "random_start")]
    each = [p - s if higher else s - p for p, s in zip(*arms, strict=True) if math.isfinite(p - s)]
    count = (
        part.get("draws") if isinstance(part.get("draws"), int) else len(part.get("draws") or each)
    )
    over = (
        "the test rows, for this one draw of labels"
        if not count
        else "1 draw"
        if count == 1
        else f"{number(count)} draws"
    )
    mean, low, high = floats([part.get(key) for key in ("mean", "low", "high")])
    words = f"{gain(part['mean'], metric)} on average"
    plot = None
    if math.isfinite(mean + low + high):
        words += (
            f", 95 % interval {gain(low, metric).removesuffix(' points')} to {gain(high, metric)}"
        )
        plot = plots.interval("interval", words, each, (mean, low, high), metric)
    return {"plot": plot, "text": words, "count": over}


def run(part: Facts, command: str | None) -> Facts | None:
    """Return how to do it again."""
    if not part and not command:
        return None
    return {
        "command": command,
        "recipe": part.get("recipe"),
        "stack": part.get("stack"),
        "plan": texts_of(part.get("plan")),
        "finetune": texts_of(part.get("finetune")),
        "control": texts_of(part.get("control")),
        "seed": part.get("seed"),
        "parameters": number(part["parameters"]) if part.get("parameters") is not None else None,
        "settings": list((part.get("settings") or {}).items()),
        "versions": list((part.get("versions") or {}).items()),
        "machine": part.get("machine"),
    }


def seconds(part: Facts) -> list[tuple[str, str, float]] | None:
    """Return what each part of the run cost, with its share of the sum in percent."""
    known = Counter(
        {name: value for name, value in part.items() if is_number(value) and value >= 0}
    )
    total = sum(known.values()) or 1
    words = {
        "pretrain": "pretraining",
        "finetune": "fine-tuning",
        "random_start": "the control",
        "report": "this report",
    }
    shown = [
        (words.get(name, name.replace("_", " ")), duration(value), round(100 * value / total, 1))
        for name, value in known.items()
    ]
    return shown or None
