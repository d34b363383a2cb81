"""The scores of one fitted model on labelled rows, with 95 % intervals over rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from .._durable import Facts
from .measures import surprise
from .metrics import SMALLEST
from .statistics import LEVEL

RESAMPLES = 1000
_Z = 1.959963984540054


def scores_of_classes(
    truth: Sequence[object], classes: Sequence[object], probability: np.ndarray
) -> Facts:
    """Return what a classifier is worth on labelled rows.

    A class that the classifier does not know counts as an error wherever it occurs, with a
    probability of 0.

    Parameters
    ----------
    truth : sequence of n labels
    classes : sequence of k classes
        That the classifier knows, in the order of the probabilities.
    probability : array of shape (n, k)

    Returns
    -------
    dict
        ``measures`` (accuracy, balanced_accuracy, macro_f1, log_loss, auc; None where it is not
        defined), ``classes`` (a row per class), ``confusion``, ``unknown`` (rows per unknown
        class).
    """
    place = {_same(value): i for i, value in enumerate(classes)}
    others = sorted({str(value) for value in truth if _same(value) not in place})
    place |= {_same_text(value, truth): len(classes) + i for i, value in enumerate(others)}
    codes = np.array([place[_same(value)] for value in truth])
    names = [*map(str, classes), *others]
    answer = probability.argmax(axis=1)
    wide = np.zeros((len(codes), len(names)))
    wide[:, : len(classes)] = probability
    matrix = np.zeros((len(names), len(names)), dtype=int)
    np.add.at(matrix, (codes, answer), 1)
    accuracy, *rest = _from_matrix(matrix[None])
    balanced, macro = (float(value[0]) for value in rest)
    boot = _resampled(matrix)
    measures = {
        "accuracy": _wilson(float(accuracy[0]), len(codes)),
        "balanced_accuracy": _with_interval(balanced, boot[1]),
        "macro_f1": _with_interval(macro, boot[2]),
        "log_loss": _log_loss(codes, wide),
        "auc": {"value": _auc(codes, probability), "low": None, "high": None},
    }
    rows = [
        {
            "class": name,
            "rows": int(matrix[i].sum()),
            "predicted": int(matrix[:, i].sum()),
            "recall": _share(matrix[i, i], matrix[i].sum()),
            "precision": _share(matrix[i, i], matrix[:, i].sum()),
        }
        for i, name in enumerate(names)
    ]
    confusion = {
        "classes": names,
        "matrix": matrix.tolist(),
        "rows": "true",
        "columns": "predicted",
    }
    unknown = {name: int(matrix[len(classes) + i].sum()) for i, name in enumerate(others)}
    return {"measures": measures, "classes": rows, "confusion": confusion, "unknown": unknown}


def scores_of_numbers(truth: np.ndarray, answer: np.ndarray) -> Facts:
    """Return what a regressor is worth on labelled rows: R² (None where the targets do not vary),
    mean absolute and root mean squared error."""
    rng = np.random.default_rng(0)
    names = ("r2", "mean_absolute_error", "root_mean_squared_error")
    values = _numbers(truth, answer)
    drawn = [
        _numbers(truth[rows], answer[rows])
        for rows in (rng.integers(len(truth), size=len(truth)) for _ in range(RESAMPLES // 2))
    ]
    measures = {}
    for i, name in enumerate(names):
        column = np.array([one[i] for one in drawn if one[i] is not None], dtype=float)
        value = values[i]
        measures[name] = (
            {"value": None, "low": None, "high": None}
            if value is None
            else _with_interval(value, column)
        )
    return {"measures": measures}


def _numbers(truth: np.ndarray, answer: np.ndarray) -> tuple[float | None, float, float]:
    error = answer - truth
    spread = float(((truth - truth.mean()) ** 2).sum())
    squared = float((error**2).sum())
    r2 = 1 - squared / spread if spread > 0 else None
    return r2, float(np.abs(error).mean()), math.sqrt(squared / len(truth))


def _same(value: object) -> object:
    """Return a label in one spelling: 1 and 1.0 are the same, 1 and '1' are not."""
    if isinstance(value, (int, float, np.number)) and not isinstance(value, bool):
        return float(value)
    return str(value)


def _same_text(text: str, truth: Sequence[object]) -> object:
    return next(_same(value) for value in truth if str(value) == text)


def _from_matrix(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return accuracy, balanced accuracy and macro-F1 of confusion matrices ``(b, k, k)``, over the
    classes that occur."""
    right = np.diagonal(matrices, axis1=1, axis2=2)
    true, said = matrices.sum(axis=2), matrices.sum(axis=1)
    present = true > 0
    count = present.sum(axis=1)
    recall = (right / np.maximum(true, 1) * present).sum(axis=1) / count
    f1 = (2 * right / np.maximum(true + said, 1) * present).sum(axis=1) / count
    return right.sum(axis=1) / true.sum(axis=1), recall, f1


def _resampled(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the measures of rows drawn again with replacement: a confusion matrix says all that
    they need."""
    cells, total = matrix.reshape(-1), int(matrix.sum())
    full = np.flatnonzero(cells)
    drawn = np.random.default_rng(0).multinomial(total, cells[full] / total, size=RESAMPLES)
    parts = []
    for part in np.array_split(drawn, max(1, RESAMPLES * len(cells) // 10**7)):
        many = np.zeros((len(part), len(cells)), dtype=int)
        many[:, full] = part
        parts.append(_from_matrix(many.reshape(-1, *matrix.shape)))
    first, second, third = (np.concatenate(values) for values in zip(*parts, strict=True))
    return first, second, third


def _wilson(share: float, n: int) -> Facts:
    """Return a share with Wilson's interval."""
    centre = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2)) / (1 + _Z**2 / n)
    return {"value": share, "low": max(0.0, centre - half), "high": min(1.0, centre + half)}


def _with_interval(value: float, drawn: np.ndarray) -> Facts:
    edges = (0.5 - LEVEL / 2, 0.5 + LEVEL / 2)
    low, high = (float(one) for one in np.quantile(drawn, edges)) if len(drawn) else (None, None)
    return {"value": value, "low": low, "high": high}


def _log_loss(codes: np.ndarray, probability: np.ndarray) -> Facts:
    value = surprise(codes, probability)
    own = -np.log(np.clip(probability[np.arange(len(codes)), codes], SMALLEST, 1))
    half = _Z * float(own.std(ddof=1)) / math.sqrt(len(own)) if len(own) > 1 else None
    if half is None:
        return {"value": value, "low": None, "high": None}
    return {"value": value, "low": max(0.0, value - half), "high": value + half}


def _auc(codes: np.ndarray, probability: np.ndarray) -> float | None:
    """Return the area under the ROC curve: of the second class where there are two, else the mean
    over the classes, each against all others; None where a class has no row, or all."""
    k = probability.shape[1]
    areas = []
    for i in [1] if k == 2 else range(k):
        mine = codes == i
        if not 0 < mine.sum() < len(mine):
            return None
        areas.append(float(roc_auc_score(mine, probability[:, i])))
    return float(np.mean(areas))


def _share(part: Any, whole: Any) -> float | None:
    return float(part / whole) if whole else None
