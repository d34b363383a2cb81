"""What is looked at: pictures, tables, codes, residuals."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .._durable import Facts
from . import maps, pixels, plots
from .formats import floats, is_number, number, short
from .limits import MOST, texts_of


def pictures(part: Facts, arrays: dict[str, np.ndarray]) -> Facts | None:
    """Return samples (original, views, corrupted, reconstruction) and filters as data URIs."""
    shape, rows = part.get("image_shape"), []
    views = [(key, short(words, 60)) for key, words in part.get("views") or []]
    for key, words in (
        ("originals", "original"),
        *views,
        ("corrupted", "corrupted"),
        ("reconstructions", "reconstruction"),
    ):
        if arrays.get(key) is not None and len(arrays[key]):
            rows.append((words, pixels.as_images(arrays[key][: MOST["pictures"]], shape)))
    count = min((len(images) for _, images in rows), default=0)
    weights = arrays.get("filters")
    filters = (
        None
        if weights is None or not len(weights)
        else pixels.as_images(weights[: MOST["filters"]], shape)
    )
    if not count and filters is None:
        return None
    samples = [
        [(pixels.image_uri(images[i]), f"{words} {i + 1}") for words, images in rows]
        for i in range(count)
    ]
    return {
        "title": "Reconstructions" if rows and rows[-1][0] == "reconstruction" else "Views",
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
    pairs = list(zip(original, back, strict=False))[: MOST["rows"]]
    if not columns or not pairs:
        return None
    most = MOST["columns"]
    rows = [
        (
            str(name),
            [tuple(_cell(row[i]) if i < len(row) else "" for row in pair) for pair in pairs],
        )
        for i, name in enumerate(columns[:most])
    ]
    return {"rows": rows, "more": max(0, len(columns) - most)}


def _cell(value: object) -> str:
    return number(value, 3) if is_number(value) or value is None else short(value, 60)


def codes(part: Facts, arrays: dict[str, np.ndarray], facts: Facts) -> Facts | None:
    """Return scatter plots of the codes, with a legend of classes or a scale of numbers."""
    labels, shown = part.get("labels") or [], []
    for key, name in (("points", part.get("method") or "PCA"), ("tsne", "t-SNE")):
        if arrays.get(key) is not None and len(arrays[key]):
            shown.append((key, str(name), maps.as_points(arrays[key])))
    if not shown:
        return None
    task, classes = (
        str((facts.get("data") or {}).get("task")),
        (facts.get("data") or {}).get("classes"),
    )
    if _continuous(labels, task):
        legend: Facts = {"groups": [], "more": 0, "ramp": list(maps.RAMP)}
        values = floats(labels)
        known = [v for v in values if math.isfinite(v)]
        legend |= {"low": number(min(known)), "high": number(max(known))}
        drawn = [
            _number_map(key, name, points, values[: len(points)]) for key, name, points in shown
        ]
    else:
        names = _class_names(labels, texts_of(classes))
        places = {name: i for i, name in enumerate(names)}
        groups = [places.get(str(label), -1) if label is not None else -1 for label in labels]
        legend = _legend(names if names != [""] else [], groups)
        drawn = [
            _group_map(key, name, points, groups[: len(points)], names)
            for key, name, points in shown
        ]
    return legend | {
        "maps": [item for item in drawn if item],
        "count": number(max(len(points) for _, _, points in shown)),
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
    looks = [(name, *maps.group_look(i)) for i, name in enumerate(names[: MOST["classes"]])]
    shown = [(name, colour, maps.MARKERS[marker][1]) for name, colour, marker in looks]
    if -1 in groups:
        shown.append(("no label", maps.group_look(-1)[0], "●"))
    return {
        "groups": shown,
        "more": max(0, len(names) - MOST["classes"]),
        "ramp": None,
        "low": "",
        "high": "",
    }


def _group_map(
    key: str, name: str, points: np.ndarray, groups: list[int], names: list[str]
) -> Facts | None:
    keep = maps.plottable(points)
    if not keep.any():
        return None
    members = [group for group, ok in zip([*groups, *[-1] * len(points)], keep, strict=False) if ok]
    label = f"{name} of the codes of {len(members)} rows, coloured by class"
    return {
        "name": name,
        "plot": maps.scatter(f"codes-{key}", label, points[keep], members, names),
    }


def _number_map(key: str, name: str, points: np.ndarray, values: list[float]) -> Facts | None:
    count = min(len(points), len(values))
    keep = maps.plottable(points[:count]) & np.isfinite(values[:count])
    if not keep.any():
        return None
    shown = [value for value, ok in zip(values, keep, strict=False) if ok]
    label = f"{name} of the codes of {len(shown)} rows, coloured by target"
    return {
        "name": name,
        "plot": maps.scatter_numbers(f"codes-{key}", label, points[:count][keep], shown),
    }


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
