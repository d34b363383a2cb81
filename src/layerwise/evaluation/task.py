"""What one worker does: the trials of one group of arms in one draw."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from .._durable import Facts
from .._errors import ParameterError
from .arms import Arm
from .data import StudyData
from .design import Draw, make_draw
from .store import Prepared, Store, stack_key, trial_key
from .study import Study
from .trial import Given, give, run_trial


@dataclass(frozen=True, eq=False)
class Task:
    """One group of arms in one draw, with all budgets or some of them."""

    data: StudyData = field(repr=False)
    study: Study
    arms: tuple[Arm, ...]
    draw: int
    budgets: tuple[int, ...]
    folder: Path | None
    threads: int

    def trials(self) -> Iterator[tuple[Arm, int, str]]:
        """Yield arm, budget and the name of the record of every trial."""
        for arm in self.arms:
            for budget in self.budgets:
                yield arm, budget, trial_key(arm, self.data, self.study, self.draw, budget)

    def missing(self, store: Store) -> int:
        """Return how many trials have no record."""
        return sum(store.read(key) is None for _, _, key in self.trials())


def run_task(task: Task) -> list[Facts]:
    """Return a record per trial; those that are kept are read, the others are run and kept.

    A trial that raises becomes a record with ``error``, which is not kept: another run of the study
    tries it again. A ParameterError stops the study.
    """
    with threadpool_limits(limits=task.threads):
        store = Store(task.folder)
        draw = make_draw(task.data, task.study, task.draw)
        given = Givens(task.data, task.study, draw, store)
        records = []
        for arm, budget, key in task.trials():
            kept = store.read(key)
            record = _attempt(task, arm, budget, draw, given) if kept is None else kept
            if kept is None and "error" not in record:
                store.write(key, record)
            records.append(
                record | _record(arm, budget, task.draw)
            )  # kept under what was done, whatever it is called
        return records


def failed(task: Task, reason: str) -> list[Facts]:
    """Return the records of a task whose worker died: what was kept before, and an error for the
    rest."""
    store = Store(task.folder)
    return [
        (store.read(key) or {"error": reason}) | _record(arm, budget, task.draw)
        for arm, budget, key in task.trials()
    ]


def _attempt(task: Task, arm: Arm, budget: int, draw: Draw, givens: Givens) -> Facts:
    record = _record(arm, budget, draw.index)
    try:
        return record | run_trial(arm, givens.of(arm), task.data, task.study, draw, budget).record
    except ParameterError:
        raise  # a wrong setting is wrong in every trial
    except Exception as error:
        first = (str(error).splitlines() or [""])[0][:300]
        place = traceback.extract_tb(error.__traceback__)[-1]
        return record | {
            "error": f"{type(error).__name__}: {first} ({Path(place.filename).name}, line "
            f"{place.lineno})"
        }


def _record(arm: Arm, budget: int, draw: int) -> Facts:
    return {
        "arm": arm.name,
        "role": arm.role,
        "against": arm.against,
        "labels": budget,
        "draw": draw,
    }


class Givens:
    """What arms are given in a draw, each made when it is first needed and shared where it is the
    same."""

    def __init__(
        self,
        data: StudyData,
        study: Study,
        draw: Draw,
        store: Store,
        began: Callable[[Arm], None] = lambda arm: None,
    ) -> None:
        self.data, self.study, self.draw, self.store = data, study, draw, store
        self.began = began
        self.prepared: dict[str, Prepared | Exception] = {}
        self.given: dict[str, Given] = {}

    def of(self, arm: Arm) -> Given:
        words = arm.shared()
        if words not in self.prepared:
            key = stack_key(arm, self.data, self.study, self.draw.index)
            self.began(arm)
            try:
                self.prepared[words] = self.store.prepared(arm, key, self._rows(), self.draw.seed)
            except Exception as error:
                self.prepared[words] = error
        prepared = self.prepared[words]
        if isinstance(prepared, Exception):
            raise prepared
        if words not in self.given:
            self.given = {
                words: give(arm, prepared, self.data, self.draw)
            }  # one at a time: rows are large
        return self.given[words].paid_by(arm)

    def _rows(self) -> Any:
        """Return the rows to learn from without labels: with the test rows when the study is
        transductive."""
        data, draw = self.data, self.draw
        if not self.study.transductive:
            return data.rows(draw.pool)
        if data.test_y is None:
            return data.rows(np.sort(np.concatenate([draw.pool, draw.test])))
        return _stacked(data.rows(draw.pool), data.test_X)


def _stacked(first: Any, second: Any) -> Any:
    if hasattr(first, "vstack"):
        import polars

        return polars.concat([first, second], how="vertical_relaxed")
    return np.concatenate([np.asarray(first), np.asarray(second)])
