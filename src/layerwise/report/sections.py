"""From facts to what the template shows: one function per section, each returning None when there
is nothing to show.

The facts arrive as plain data (``None`` for what is not finite); only pictures and points are still
arrays.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from .._durable import Facts
from . import pixels, plots
from .formats import MISSING, duration, floats, gain, is_number, metric_name, number, score, short

_VERDICTS = {
    "helps": ("▲", "It helped"),
    "hurts": ("▼", "It hurt"),
    "nil": ("=", "No difference"),
    "not_separable": ("?", "Undecided"),
}
_LOOKS = {
    "pretrained": "first",
    "random start": "second",
    "with unlabelled rows": "first",
    "labels alone": "second",
}
_MOST = {
    "classes": 30,
    "panels": 12,
    "pictures": 16,
    "filters": 64,
    "columns": 24,
    "rows": 8,
    "matrix": 20,
    "draws": 200,
}


def view(facts: Facts, arrays: dict[str, dict[str, np.ndarray]]) -> Facts:
    """Return everything the template names; a section without facts is None."""
    parts: dict[str, Callable[[], Any]] = {
        "headline": lambda: headline(facts.get("headline") or {}),
        "data": lambda: data(facts.get("data") or {}),
        "comparison": lambda: comparison(facts.get("comparison") or {}),
        "history": lambda: history(facts.get("history") or {}),
        "pictures": lambda: pictures(facts.get("pictures") or {}, arrays.get("pictures") or {}),
        "table": lambda: table(facts.get("table_reconstruction") or {}),
        "codes": lambda: codes(facts.get("codes") or {}, arrays.get("codes") or {}, facts),
        "confusion": lambda: confusion(facts.get("confusion") or {}),
        "residuals": lambda: residuals(facts.get("residuals") or {}),
        "transfer": lambda: transfer(facts.get("transfer") or []),
        "run": lambda: run(facts.get("run") or {}, facts.get("command")),
        "seconds": lambda: seconds(facts.get("seconds") or {}),
    }
    result = {name: part() for name, part in parts.items()}
    return result | {"title": facts.get("title") or "Report", "version": facts.get("version") or ""}


def headline(part: Facts) -> Facts | None:
    """Return the verdict: its kind, its sign and words, and the sentence."""
    if not part.get("text"):
        return None
    kind = part.get("kind") if part.get("kind") in _VERDICTS else "none"
    sign, words = _VERDICTS.get(str(kind), ("", ""))
    return {"kind": kind, "sign": sign, "words": words, "text": part["text"]}


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
    classes = _texts(part.get("classes"))
    return {
        "name": part.get("name"),
        "counts": counts,
        "task": part.get("task"),
        "target": part.get("target"),
        "classes": classes[: _MOST["classes"]],
        "more": max(0, len(classes) - _MOST["classes"]),
        "class_count": len(classes),
        "notes": _texts(part.get("notes")),
    }


def comparison(part: Facts) -> Facts | None:
    """Return the table of arms, the draws and the difference."""
    rows, metric = part.get("rows") or [], str(part.get("metric") or "score")
    if not rows and not part.get("draws") and not part.get("difference"):
        return None
    higher = part.get("higher_is_better") is not False
    values = [row["value"] for row in rows if is_number(row.get("value"))]
    low, high = (min(values), max(values)) if values else (0.0, 0.0)
    best = (high if higher else low) if len(values) > 1 else None
    shown = [
        {
            "arm": row.get("arm", ""),
            "value": score(row.get("value"), metric),
            "best": best is not None and row.get("value") == best,
            "place": _place(row.get("value"), low, high, higher),
            "seconds": duration(row["seconds"]) if row.get("seconds") is not None else "",
            "look": _LOOKS.get(row.get("arm"), "other"),
        }
        for row in rows
    ]
    return {
        "metric": metric_name(metric),
        "cause": part.get("cause") or "pretraining",
        "better": "higher is better" if higher else "lower is better",
        "rows": shown,
        "timed": any(row["seconds"] for row in shown),
        "flags": _texts(part.get("flags")),
        "draws": _draws(part.get("draws") or [], metric),
        "difference": _difference(
            part.get("difference") or {}, part.get("draws") or [], metric, higher
        ),
    }


def _place(value: object, low: float, high: float, higher: bool) -> float | None:
    """Return where a value's dot goes, in percent from worst to best."""
    if not is_number(value):
        return None
    share = 0.5 if high <= low else (value / 2 - low / 2) / (high / 2 - low / 2)
    return round(100 * (share if higher else 1 - share), 2)


def _draws(draws: list[Facts], metric: str) -> Any:
    arms = [floats([draw.get(arm) for draw in draws]) for arm in ("pretrained", "random_start")]
    keep = [i for i in range(len(draws)) if all(math.isfinite(arm[i]) for arm in arms)][
        : _MOST["draws"]
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
    each = [p - s for p, s in zip(*arms, strict=True) if math.isfinite(p - s)]
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
    side = "Right" if higher else "Left"
    return {"plot": plot, "text": words, "count": over, "side": side}


def history(part: Facts) -> Facts | None:
    """Return one panel per phase of pretraining, one of fine-tuning, and a table of all phases."""
    phases = _phases(part.get("pretraining") or [])
    tuning = {str(arm): rows for arm, rows in (part.get("finetuning") or {}).items() if rows}
    if not phases and not tuning:
        return None
    panels = [_phase_panel(i, rows) for i, rows in enumerate(phases[: _MOST["panels"]])]
    table = [_phase_row("pretraining", rows) for rows in phases]
    table += [
        _phase_row(f"fine-tuning, {arm}", rows)
        for arm, all_rows in tuning.items()
        for rows in _phases(all_rows)
    ]
    used = [row for rows in [*phases, *tuning.values()] for row in rows]
    return {
        "panels": [panel for panel in panels if panel],
        "more": max(0, len(phases) - _MOST["panels"]),
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


def _curve(rows: list[Facts], key: str, second: bool = False) -> list[plots.Line]:
    """Return the curve of one column of the history, or none."""
    values = floats([row.get(key) for row in rows])
    if not any(math.isfinite(v) for v in values):
        return []
    return [
        plots.Line(
            [float(i) for i in range(1, len(rows) + 1)], values, second, dashed=key == "validation"
        )
    ]


def _phase_panel(index: int, rows: list[Facts]) -> Facts | None:
    lines = _curve(rows, "loss") + _curve(rows, "validation")
    objective, stages = _phase_name(rows[0])
    label = f"loss by epoch of pretraining phase {index + 1}: {objective} {stages}"
    return (
        {
            "objective": objective,
            "stages": stages,
            "plot": plots.curves(f"phase{index}", label, lines),
        }
        if lines
        else None
    )


def _arms(tuning: dict[str, list[Facts]]) -> list[str]:
    places = {"first": 0, "second": 1}
    return sorted(tuning, key=lambda arm: places.get(_LOOKS.get(arm, ""), 2))[:2]


def _tuning_panel(tuning: dict[str, list[Facts]]) -> Any:
    lines = []
    for i, arm in enumerate(_arms(tuning)):
        second = bool(i) or _LOOKS.get(arm) == "second"
        lines += _curve(tuning[arm], "loss", second) + _curve(tuning[arm], "validation", second)
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


def pictures(part: Facts, arrays: dict[str, np.ndarray]) -> Facts | None:
    """Return samples (original, corrupted, reconstruction) and filters as data URIs."""
    shape, rows = part.get("image_shape"), []
    for key, words in (
        ("originals", "original"),
        ("corrupted", "corrupted"),
        ("reconstructions", "reconstruction"),
    ):
        if arrays.get(key) is not None and len(arrays[key]):
            rows.append((words, pixels.as_images(arrays[key][: _MOST["pictures"]], shape)))
    count = min((len(images) for _, images in rows), default=0)
    weights = arrays.get("filters")
    filters = (
        None
        if weights is None or not len(weights)
        else pixels.as_images(weights[: _MOST["filters"]], shape)
    )
    if not count and filters is None:
        return None
    samples = [
        [(pixels.image_uri(images[i]), f"{words} {i + 1}") for words, images in rows]
        for i in range(count)
    ]
    return {
        "kinds": [words for words, _ in rows],
        "samples": samples,
        "size": pixels.shown_size(*rows[0][1].shape[2:]) if count else (0, 0),
        "sharp": bool(count) and max(rows[0][1].shape[2:]) <= 80,
        "filters": [] if filters is None else [pixels.filter_uri(one) for one in filters],
        "filter_size": (0, 0) if filters is None else pixels.shown_size(*filters.shape[2:]),
        "filter_note": part.get("filter_note"),
    }


def table(part: Facts) -> Facts | None:
    """Return pairs of rows: as they were, and as they came back from the code."""
    columns, original, back = (
        part.get(key) or [] for key in ("columns", "original", "reconstruction")
    )
    pairs = list(zip(original, back, strict=False))[: _MOST["rows"]]
    if not columns or not pairs:
        return None
    most = _MOST["columns"]
    cells = [[[_cell(v) for v in row[:most]] for row in pair] for pair in pairs]
    return {"columns": _texts(columns[:most]), "pairs": cells, "more": max(0, len(columns) - most)}


def _cell(value: object) -> str:
    return number(value, 3) if is_number(value) or value is None else short(value, 60)


def codes(part: Facts, arrays: dict[str, np.ndarray], facts: Facts) -> Facts | None:
    """Return scatter plots of the codes, with a legend of classes or a scale of numbers."""
    labels, maps = part.get("labels") or [], []
    for key, name in (("points", part.get("method") or "PCA"), ("tsne", "t-SNE")):
        if arrays.get(key) is not None and len(arrays[key]):
            maps.append((key, str(name), plots.as_points(arrays[key])))
    if not maps:
        return None
    task, classes = (
        str((facts.get("data") or {}).get("task")),
        (facts.get("data") or {}).get("classes"),
    )
    if _continuous(labels, task):
        legend: Facts = {"groups": [], "more": 0, "ramp": list(plots.RAMP)}
        values = floats(labels)
        known = [v for v in values if math.isfinite(v)]
        legend |= {"low": number(min(known)), "high": number(max(known))}
        drawn = [_number_map(key, name, points, values) for key, name, points in maps]
    else:
        names = _class_names(labels, _texts(classes))
        places = {name: i for i, name in enumerate(names)}
        groups = [places.get(str(label), -1) if label is not None else -1 for label in labels]
        legend = _legend(names, groups)
        drawn = [_group_map(key, name, points, groups, names) for key, name, points in maps]
    return legend | {
        "maps": [item for item in drawn if item],
        "count": number(max(len(points) for _, _, points in maps)),
    }


def _continuous(labels: Sequence[float | str | None], task: str) -> bool:
    """Say whether labels are amounts: numbers of a regression, or many different ones."""
    known = [label for label in labels if label is not None]
    if not known or not all(is_number(label) for label in known):
        return False
    return task == "regression" or any(v != int(v) for v in known) or len(set(known)) > 30


def _class_names(labels: Sequence[float | str | None], classes: list[str]) -> list[str]:
    """Return the classes that occur, in the data's order, else in order of size of number or of
    first appearance."""
    found = list(dict.fromkeys(str(label) for label in labels if label is not None))
    if set(found) <= set(classes):
        return [name for name in dict.fromkeys(classes) if name in set(found)]
    return sorted(found, key=float) if all(name.isdecimal() for name in found) else found


def _legend(names: list[str], groups: list[int]) -> Facts:
    looks = [(name, *plots.group_look(i)) for i, name in enumerate(names[: _MOST["classes"]])]
    shown = [(name, colour, plots.MARKERS[marker][1]) for name, colour, marker in looks]
    if -1 in groups:
        shown.append(("no label", plots.group_look(-1)[0], "●"))
    return {
        "groups": shown,
        "more": max(0, len(names) - _MOST["classes"]),
        "ramp": None,
        "low": "",
        "high": "",
    }


def _group_map(
    key: str, name: str, points: np.ndarray, groups: list[int], names: list[str]
) -> Facts | None:
    keep = plots.plottable(points)
    if not keep.any():
        return None
    members = [group for group, ok in zip([*groups, *[-1] * len(points)], keep, strict=False) if ok]
    label = f"{name} of the codes of {len(members)} rows, coloured by class"
    return {
        "name": name,
        "plot": plots.scatter(f"codes-{key}", label, points[keep], members, names),
    }


def _number_map(key: str, name: str, points: np.ndarray, values: list[float]) -> Facts | None:
    count = min(len(points), len(values))
    keep = plots.plottable(points[:count]) & np.isfinite(values[:count])
    if not keep.any():
        return None
    shown = [value for value, ok in zip(values, keep, strict=False) if ok]
    label = f"{name} of the codes of {len(shown)} rows, coloured by target"
    return {
        "name": name,
        "plot": plots.scatter_numbers(f"codes-{key}", label, points[:count][keep], shown),
    }


def confusion(part: Facts) -> Facts | None:
    """Return a heat table of counts for up to 20 classes, else the 20 most confused pairs."""
    classes, counts = _texts(part.get("classes")), part.get("matrix") or []
    if not classes or not counts:
        return None
    size = min(len(classes), len(counts))
    matrix = np.array(
        [[v if is_number(v) else 0 for v in [*row, *[0] * size][:size]] for row in counts[:size]],
        dtype=float,
    )
    totals = matrix.sum(axis=1)
    result: Facts = {
        "rows": part.get("rows") or "true",
        "columns": part.get("columns") or "predicted",
        "classes": classes[:size],
    }
    result |= {
        "tall": max(map(len, classes)) > 4,
        "total": number(int(totals.sum())),
        "pairs": None,
        "matrix": None,
    }
    if size > _MOST["matrix"]:
        return result | {"pairs": _pairs(classes, matrix, totals)}
    wrong = np.where(np.eye(size, dtype=bool), 0.0, matrix / np.maximum(totals[:, None], 1))
    largest = max(float(wrong.max(initial=0.0)), 0.02)
    rows = []
    for i in range(size):
        cells = [
            _heat(matrix[i, j], matrix[i, j] / max(totals[i], 1), i == j, largest)
            for j in range(size)
        ]
        rows.append((classes[i], cells, score(matrix[i, i] / totals[i]) if totals[i] else MISSING))
    return result | {"matrix": rows}


def _heat(count: float, share: float, right: bool, largest: float) -> tuple[str, int, str]:
    """Return the count, the strength of its colour in percent, and whether it is right or wrong."""
    strength = 55 * share if right else 60 * (share / largest) ** 0.8
    return number(int(count)), round(strength) if count else 0, "right" if right else "wrong"


def _pairs(
    classes: Sequence[str], matrix: np.ndarray, totals: np.ndarray
) -> list[tuple[str, str, str, str]]:
    wrong = matrix.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:20]
    places = [divmod(int(i), len(wrong)) for i in order if wrong.flat[i] > 0]
    return [
        (classes[i], classes[j], number(int(wrong[i, j])), score(wrong[i, j] / totals[i]))
        for i, j in places
    ]


def residuals(part: Facts) -> Facts | None:
    """Return predicted over true values, and how many pairs could not be drawn."""
    true, predicted = floats(part.get("true") or []), floats(part.get("predicted") or [])
    pairs = [
        (t, p)
        for t, p in zip(true, predicted, strict=False)
        if math.isfinite(t) and math.isfinite(p)
    ]
    if not pairs:
        return None
    left, right = ([pair[i] for pair in pairs] for i in (0, 1))
    left_out = max(len(true), len(predicted)) - len(pairs)
    plot = plots.residuals(
        "residuals", f"predicted over true values of {len(pairs)} rows", left, right
    )
    return {"plot": plot, "count": number(len(pairs)), "left_out": left_out}


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


def run(part: Facts, command: str | None) -> Facts | None:
    """Return how to do it again."""
    if not part and not command:
        return None
    return {
        "command": command,
        "recipe": part.get("recipe"),
        "stack": part.get("stack"),
        "plan": _texts(part.get("plan")),
        "finetune": _texts(part.get("finetune")),
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


def _texts(items: object) -> list[str]:
    """Return a list of strings from a list of anything, a string alone, or nothing."""
    if items is None:
        return []
    return [str(item) for item in items] if isinstance(items, list) else [str(items)]
