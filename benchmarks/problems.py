"""Rows to learn from and rows to test on, split as ``layerwise fit`` splits them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from layerwise.data.readers import Dataset
from layerwise.evaluation import single_draw
from layerwise.workflows.guarded import Guarded, guarded


@dataclass(frozen=True, eq=False)
class Problem:
    """One draw of a data set, with None in ``y`` where a label is missing or hidden."""

    rows: Guarded
    task: str
    X: Any
    y: np.ndarray
    test_X: Any
    test_y: np.ndarray

    @property
    def image_shape(self) -> tuple[int, int, int] | None:
        """Of the data."""
        return self.rows.data.image_shape

    @property
    def labelled(self) -> np.ndarray:
        """Positions of the rows with a label."""
        return np.flatnonzero([value is not None for value in self.y])


def make_problem(data: Dataset, labels: int | None = None, seed: int = 0) -> Problem:
    """Return one draw. Nothing is left out: benchmark data are known."""
    columns = list(data.X.columns) if hasattr(data.X, "columns") else []
    columns = columns or [f"x{i}" for i in range(data.X.shape[1])]
    rows = guarded(data, columns, draws=False)
    study = rows.study
    draw, _ = single_draw(study, labels, seed)
    y = np.full(len(study.y), None, dtype=object)
    y[draw.order] = _spelled(rows, study.y[draw.order])
    held = study.test_y is None
    test_X = study.rows(draw.test) if held else study.test_X
    test_y = study.y[draw.test] if held else study.test_y
    X = study.rows(draw.pool)
    return Problem(rows, study.task, X, y[draw.pool], test_X, _spelled(rows, test_y))


def _spelled(rows: Guarded, y: np.ndarray) -> np.ndarray:
    values = np.array([*rows.values, None], dtype=object)[:-1]
    return values[y] if rows.values else y.astype(object)


def typed(y: np.ndarray, task: str) -> np.ndarray:
    """Return labels as an array of words or numbers."""
    return np.array(y.tolist(), dtype=float) if task == "regression" else np.array(y.tolist())
