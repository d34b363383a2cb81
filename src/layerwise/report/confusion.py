"""Which classes are taken for which."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .._durable import Facts
from .formats import MISSING, is_number, number, score
from .limits import MOST, texts_of

_NARROW = 12  # classes of a matrix that a narrow screen holds
_LYING, _STANDING = 4, 20  # characters of a name over a column: written across, or upwards


def confusion(part: Facts) -> Facts | None:
    """Return a heat table of counts for up to 20 classes; for many classes (and on a narrow screen
    for more than 12) the 20 most confused pairs and the classes of lowest recall."""
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
    longest = max(map(len, classes))
    result |= {
        "tall": _LYING < longest <= _STANDING,
        "numbered": longest > _STANDING,
        "total": number(int(totals.sum())),
        "pairs": None,
        "matrix": None,
    }
    if size > _NARROW:
        pairs, recalls = (part(classes, matrix, totals) for part in (_pairs, _recalls))
        result |= {"pairs": pairs, "recalls": recalls}
    if size > MOST["matrix"]:
        return result
    wrong = np.where(np.eye(size, dtype=bool), 0.0, matrix / np.maximum(totals[:, None], 1))
    largest = max(float(wrong.max(initial=0.0)), 0.02)
    rows = []
    for i in range(size):
        cells = [
            _heat(matrix[i, j], matrix[i, j] / max(totals[i], 1), i == j, largest)
            for j in range(size)
        ]
        rows.append((classes[i], cells, number(int(totals[i])), _recall(matrix, totals, i)))
    return result | {"matrix": rows}


def _recall(matrix: np.ndarray, totals: np.ndarray, i: int) -> str:
    return f"{100 * matrix[i, i] / totals[i]:.0f} %" if totals[i] else MISSING


def _recalls(
    classes: Sequence[str], matrix: np.ndarray, totals: np.ndarray
) -> list[tuple[str, str, str]]:
    """Return each class with its rows and its recall, the lowest recall first."""
    shares = np.diag(matrix) / np.maximum(totals, 1)
    order = np.argsort(shares, kind="stable")
    return [
        (classes[i], number(int(totals[i])), _recall(matrix, totals, i))
        for i in map(int, order)
        if totals[i]
    ][: MOST["recalls"]]


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
