"""What is looked at: pictures, tables, codes, confusions, residuals."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .._durable import Facts
from . import pixels, plots
from .formats import MISSING, floats, is_number, number, score, short
from .limits import MOST, texts_of


def pictures(part: Facts, arrays: dict[str, np.ndarray]) -> Facts | None:
    """Return samples (original, corrupted, reconstruction) and filters as data URIs."""
    shape, rows = part.get("image_shape"), []
    for key, words in (
        ("originals", "original"),
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
    cells = [[[_cell(v) for v in row[:most]] for row in pair] for pair in pairs]
    return {
        "columns": texts_of(columns[:most]),
        "pairs": cells,
        "more": max(0, len(columns) - most),
    }


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
        names = _class_names(labels, texts_of(classes))
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
    looks = [(name, *plots.group_look(i)) for i, name in enumerate(names[: MOST["classes"]])]
    shown = [(name, colour, plots.MARKERS[marker][1]) for name, colour, marker in looks]
    if -1 in groups:
        shown.append(("no label", plots.group_look(-1)[0], "●"))
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
    classes, counts = texts_of(part.get("classes")), part.get("matrix") or []
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
    if size > MOST["matrix"]:
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
