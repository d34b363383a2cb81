"""One trial: one arm, one draw, one budget. Choose a setting on the labelled rows, fit, measure on
the test rows."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .._durable import Facts
from .._errors import DataWarning, LabelWarning, ParameterError
from .._indexing import rows_of
from .arms import UNLABELLED, Arm
from .data import StudyData
from .design import Draw
from .measures import measure_classes, measure_numbers, packed_rows, surprise
from .memory import peak_memory
from .store import Prepared
from .study import Study

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

    from ..data import reading

HELD_OUT = 3  # every third labelled row judges the settings


@dataclass(frozen=True, eq=False)
class Given:
    """What one arm is given in one draw: rows as its estimator takes them."""

    prepared: Prepared = field(repr=False)
    pool: Any = field(repr=False)
    test: Any = field(repr=False)
    test_y: np.ndarray = field(repr=False)

    def paid_by(self, arm: Arm) -> Given:
        """Return the same with no seconds and memory for an arm that does not use what was
        learned."""
        return (
            self
            if arm.pays
            else replace(self, prepared=self.prepared._replace(seconds=0.0, memory=None))
        )


class Answered(NamedTuple):
    """A fitted model, what it answers on the test rows, and what is kept of the trial."""

    model: Any
    answer: np.ndarray
    probability: np.ndarray | None
    record: Facts


def give(arm: Arm, prepared: Prepared, data: StudyData, draw: Draw) -> Given:
    """Transform the rows of a draw for an arm."""
    test = data.rows(draw.test) if data.test_y is None else data.test_X
    test_y = data.y[draw.test] if data.test_y is None else data.test_y
    pool = data.rows(draw.pool)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)  # these rows are of the data themselves
        inputs = arm.inputs(prepared.value, pool), arm.inputs(prepared.value, test)
    return Given(prepared, *inputs, test_y)


def run_trial(
    arm: Arm, given: Given, data: StudyData, study: Study, draw: Draw, budget: int
) -> Answered:
    """Return the model and its answers, and what is kept: settings tried, measures, a score per
    test row, seconds, peak memory, warnings."""
    settings = arm.settings(study.settings, budget)
    with warnings.catch_warnings(record=True) as heard, peak_memory() as memory:
        warnings.simplefilter("always")
        began = time.perf_counter()
        labels = arm.labels(given, data, draw, budget)
        tried: list[Facts] = [{"setting": setting, "score": None} for setting in settings]
        if len(settings) > 1:
            for one in tried:
                one |= _scored(arm, given, data, draw, labels, one["setting"])
        best = max(
            range(len(tried)),
            key=lambda i: (-np.inf if tried[i]["score"] is None else tried[i]["score"], -i),
        )
        chosen = time.perf_counter()
        model = _fitted(arm, given, data, draw, labels, settings[best])
        fitted = time.perf_counter()
        answer, probability = _answers(model, given.test, data)
        done = time.perf_counter()
    if data.classes:
        measures = measure_classes(given.test_y, answer, probability, len(data.classes))
    else:
        measures = measure_numbers(given.test_y, answer)
    asked = {} if np.array_equal(labels, draw.order[:budget]) else {"asked": labels.tolist()}
    record = asked | {
        "tried": tried,
        "chosen": best,
        "measures": measures,
        "rows": packed_rows(given.test_y, answer, probability, len(data.classes)),
        "seconds": {
            "prepare": given.prepared.seconds,
            "choose": chosen - began,
            "fit": fitted - chosen,
            "predict": done - fitted,
        },
        "peak_memory": max(
            (part for part in (memory.bytes, given.prepared.memory) if part is not None),
            default=None,
        ),
        "warnings": sorted(
            {
                f"{item.category.__name__}: {str(item.message).splitlines()[0][:200]}"
                for item in heard
            }
            | set(_diverged(given.prepared.value))
        ),
    }
    return Answered(model, answer, probability, record)


def _diverged(prepared: object) -> list[str]:
    """Return where a loss grew in what was prepared, as warnings."""
    history = getattr(prepared, "history_", None)
    if not history:
        return []
    from ..training import troubles

    return [f"TrainingWarning: {told}"[:217] for told in troubles(history)]


def _scored(
    arm: Arm,
    given: Given,
    data: StudyData,
    draw: Draw,
    labels: np.ndarray,
    setting: Mapping[str, object],
) -> Facts:
    """Return the score of a setting; one that fails or has none is not chosen, and says why."""
    try:
        score = _held_out(arm, given, data, draw, labels, setting)
    except ParameterError:
        raise
    except Exception as error:
        return {
            "score": None,
            "error": f"{type(error).__name__}: "
            f"{str(error).splitlines()[0][:200] if str(error) else ''}",
        }
    return {"score": score if np.isfinite(score) else None}


def _held_out(
    arm: Arm,
    given: Given,
    data: StudyData,
    draw: Draw,
    labels: np.ndarray,
    setting: Mapping[str, object],
) -> float:
    """Return minus the log loss, or R², on a third of the labelled rows, by a fit on the others."""
    least = len(np.unique(data.y[labels])) if data.classes else 2
    held, kept = _parted(data.groups[labels], least)
    if not len(held):
        return 0.0
    model = _fitted(arm, given, data, draw, labels[kept], setting)
    answer, probability = _answers(model, _rows(given, draw, labels[held]), data)
    return _score(data.y[labels[held]], answer, probability, data, float(np.var(data.y[labels])))


def _parted(groups: np.ndarray, least: int) -> tuple[np.ndarray, np.ndarray]:
    """Return which labelled rows judge the settings and which are learned from: a third of the
    groups, whole ones. The first rows hold every class and are always learned from."""
    first = dict.fromkeys(groups[:least].tolist())
    others = [g for g in dict.fromkeys(groups.tolist()) if g not in first]
    judges = np.isin(groups, others[::HELD_OUT])
    return np.flatnonzero(judges), np.flatnonzero(~judges)


def _score(
    truth: np.ndarray,
    answer: np.ndarray,
    probability: np.ndarray | None,
    data: StudyData,
    variance: float,
) -> float:
    if not data.classes:
        return 1 - float(((truth - answer) ** 2).mean()) / max(variance, 1e-300)
    if probability is None:
        return float((truth == answer).mean())
    return -surprise(truth, probability)


def _fitted(
    arm: Arm,
    given: Given,
    data: StudyData,
    draw: Draw,
    labels: np.ndarray,
    setting: Mapping[str, object],
) -> BaseEstimator:
    model = arm.make(given.prepared.value, setting, draw.seed)
    if arm.learns_from == "labelled":
        return model.fit(_rows(given, draw, labels), data.y[labels])
    y = np.full(len(draw.pool), UNLABELLED if data.classes else np.nan, dtype=data.y.dtype)
    y[np.searchsorted(draw.pool, labels)] = data.y[labels]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LabelWarning)  # a draw may label every row
        return model.fit(given.pool, y)


def _rows(given: Given, draw: Draw, index: np.ndarray) -> Any:
    return rows_of(given.pool, np.searchsorted(draw.pool, index))


def _answers(
    model: BaseEstimator, X: reading.Given, data: StudyData
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return answers and, for classes where there are any, probabilities of all classes of the
    study."""
    if not data.classes:
        return np.asarray(model.predict(X), dtype=float).reshape(-1), None
    if not hasattr(model, "predict_proba"):
        return np.asarray(model.predict(X)).astype(int), None
    known = np.asarray(model.classes_).astype(int)
    probability = np.zeros((_length(X), len(data.classes)))
    probability[:, known] = np.nan_to_num(model.predict_proba(X))
    return np.asarray(model.predict(X)).astype(int), probability


def _length(X: Any) -> int:
    return int(X.shape[0]) if hasattr(X, "shape") else len(X)
