"""Run a study: plan, first trial, the rest."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .._durable import Facts
from .._errors import ParameterError
from .arms import Arm
from .data import StudyData
from .design import Draw, fewest_labels, make_draw, shared_by
from .statistics import Sharing
from .store import Store
from .study import Study
from .task import Task, run_task
from .workers import cluster, cores, run_tasks, threads_each

QUIET = 2.0  # seconds before there is progress to tell
Tell = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a study found, before any statistics.

    Parameters
    ----------
    study : Study
        With all numbers filled in.
    data : StudyData
    arms : tuple of Arm
    records : list of dict
        One per arm, draw and budget, of the draws in which every arm was run; a failed one has
        ``error``.
    draws : tuple of int
        Those draws.
    drawn : dict
        Draw to the rows that it learned from and was tested on.
    sharing : dict
        Budget to what its draws have in common.
    notes : tuple of str
    seconds : float
        Of this run.
    """

    study: Study
    data: StudyData = field(repr=False)
    arms: tuple[Arm, ...]
    records: list[Facts] = field(repr=False)
    draws: tuple[int, ...]
    drawn: dict[int, Draw] = field(repr=False)
    sharing: dict[int, Sharing]
    notes: tuple[str, ...]
    seconds: float


def run_study(
    study: Study,
    data: StudyData,
    arms: Sequence[Arm],
    *,
    folder: str | Path | None = None,
    workers: int | None = None,
    backend: str = "loky",
    address: str | None = None,
    time_limit: float | None = None,
    tell: Tell = lambda line: None,
) -> Outcome:
    """Run every arm with every budget in every draw.

    Parameters
    ----------
    study : Study
    data : StudyData
    arms : sequence of Arm
        The control of every pretrained arm among them.
    folder : path, optional
        Where results and pretrained stacks are kept; a study whose folder exists goes on.
    workers : int, optional
        Processes; by default one per core. The cores are divided among them, no more threads each
        than ``OMP_NUM_THREADS``.
    backend : {'loky', 'ray', 'dask'}, default 'loky'
    address : str, optional
        Of a Ray or Dask cluster. Its machines should see ``folder``; one that does not keeps its
        stacks to itself.
    time_limit : float, optional
        Seconds. Draws that would not end by then are left out, for all arms alike; the first is
        always run.
    tell : callable
        Told the plan, the estimate of the time, and the progress.

    Raises
    ------
    ParameterError
        When arms or settings do not fit.
    """
    began = time.perf_counter()
    _check(arms, workers, time_limit)
    draw_labels = fewest_labels(data, study)
    study = study.fitted(len(data.y), draw_labels, len(data.classes))
    workers = workers or cores()
    runs = _Runs(
        study,
        data,
        arms,
        None if folder is None else Path(folder),
        workers,
        backend,
        threads_each(workers),
        tell,
        time_limit,
    )
    with cluster(backend, address, workers, runs.threads):
        runs.announce()
        runs.first_trial()
        runs.all(None if time_limit is None else began + time_limit)
    draws = [make_draw(data, study, index) for index in runs.complete]
    records = sorted(
        runs.records,
        key=lambda r: (r["draw"], [arm.name for arm in arms].index(r["arm"]), r["labels"]),
    )
    records = [record for record in records if record["draw"] in runs.complete]
    return Outcome(
        study,
        data,
        tuple(arms),
        records,
        tuple(runs.complete),
        {draw.index: draw for draw in draws},
        {
            budget: shared_by(draws, budget, data.test_y is not None, _asked(records, budget))
            for budget in study.labels or ()
        },
        tuple(runs.notes),
        time.perf_counter() - began,
    )


def _asked(records: list[Facts], budget: int) -> list[list[np.ndarray]]:
    """Return the labelled rows of each draw, for each arm that asked for others than were drawn."""
    found: dict[str, list[np.ndarray]] = {}
    for record in records:
        if record["labels"] == budget and record.get("asked"):
            found.setdefault(record["arm"], []).append(np.asarray(record["asked"]))
    return list(found.values())


class _Runs:
    """The tasks of a study, what they gave, and how long they take."""

    def __init__(
        self,
        study: Study,
        data: StudyData,
        arms: Sequence[Arm],
        folder: Path | None,
        workers: int,
        backend: str,
        threads: int,
        tell: Tell,
        time_limit: float | None,
    ) -> None:
        assert study.draws is not None and study.labels is not None
        self.study, self.data, self.arms, self.tell = study, data, arms, tell
        self.folder, self.workers, self.backend, self.threads = folder, workers, backend, threads
        self.draws, self.labels, self.time_limit = study.draws, study.labels, time_limit
        self.groups = {
            arm.group: tuple(other for other in arms if other.group == arm.group) for arm in arms
        }
        self.records: list[Facts] = []
        self.complete: list[int] = []
        self.notes: list[str] = []
        self.took: dict[str, list[float]] = {}
        self.first: float | None = None

    def tasks(self, draw: int) -> list[Task]:
        """Return the tasks of a draw, those of pretrained arms first: they take longest."""
        return [self._task(group, draw, self.labels) for group in self.groups.values()]

    def announce(self) -> None:
        """Tell the plan."""
        budgets = ", ".join(f"{budget:,}" for budget in self.labels)
        trials = len(self.arms) * len(self.labels) * self.draws
        self.tell(
            f"{len(self.arms)} arms, {budgets} labels, {_of(self.draws, 'draw')}: "
            f"{_of(trials, 'trial')} of "
            f"{_of(self.study.settings, 'setting')} on {_of(self.workers, 'worker')}"
        )

    def first_trial(self) -> None:
        """Time the first trial that is still to be run, with what it prepares, and tell what that
        means for all."""
        store = Store(self.folder)
        missing = sum(
            task.missing(store) for draw in range(self.draws) for task in self.tasks(draw)
        )
        total = len(self.arms) * len(self.labels) * self.draws
        for note in store.notes():
            self.notes.append(note)
            self.tell(note)
        if missing < total:
            self.tell(f"{total - missing:,} of {total:,} trials are there already")
        first = next(iter(self.groups.values()))
        task = Task(self.data, self.study, first[:1], 0, self.labels[:1], self.folder, self.threads)
        if self.folder is None or not task.missing(store):
            return
        began = time.perf_counter()
        [record] = run_task(task)
        took = time.perf_counter() - began
        prepare = record.get("seconds", {}).get("prepare", 0.0)
        paired = sum(1 for arm in self.arms if arm.role != "baseline") / len(self.arms)
        trials = missing * paired * max(took - prepare, 0.0)
        stacks = prepare * self.draws * sum(1 for arm in self.arms if arm.role == "pretrained")
        self.tell(
            f"about {_minutes((trials + stacks) / self.workers)} by the first trial, baselines "
            f"apart; {self._budget()}"
        )

    def _budget(self) -> str:
        """Return what bounds the time, in words."""
        if self.time_limit is None:
            return "there is no time limit"
        return f"the time limit is {_minutes(self.time_limit)}: draws that do not fit are left out"

    def all(self, deadline: float | None) -> None:
        """Run all draws at once, or with a deadline one after another while they fit."""
        if deadline is None:
            self._run([task for draw in range(self.draws) for task in self.tasks(draw)])
            self.complete = list(range(self.draws))
            return
        longest = 0.0
        for draw in range(self.draws):
            began = time.perf_counter()
            if draw and began + longest > deadline:
                self.notes.append(
                    f"The time limit left {draw} of {self.draws} draws: the others were left out "
                    "for all arms alike. "
                    "The same command without the limit adds them."
                )
                break
            self._run(self.tasks(draw))
            self.complete.append(draw)
            spent = (
                sum(
                    sum(r["seconds"].values())
                    for r in self.records
                    if r["draw"] == draw and "seconds" in r
                )
                / self.workers
            )
            longest = max(
                longest, time.perf_counter() - began, spent
            )  # what was there already would have taken its time

    def _task(self, arms: tuple[Arm, ...], draw: int, budgets: tuple[int, ...]) -> Task:
        return Task(self.data, self.study, arms, draw, budgets, self.folder, self.threads)

    def _run(self, tasks: list[Task]) -> None:
        began, ended = time.perf_counter(), 0

        def done(task: Task, records: list[Facts]) -> None:
            nonlocal ended
            ended += 1
            self.records += records
            wrong = [record for record in records if "error" in record]
            if wrong:
                where = f"draw {task.draw + 1}, {wrong[0]['labels']:,} labels"
                self.notes.append(
                    f"{wrong[0]['arm']} failed ({where}{_more(len(wrong) - 1)}): "
                    f"{wrong[0]['error']}"
                )
                self.tell(self.notes[-1])
            left = (time.perf_counter() - began) / ended * (len(tasks) - ended)
            if time.perf_counter() - began > QUIET:
                self.tell(
                    f"{ended} of {len(tasks)} parts done"
                    + (f", about {_minutes(left)} left" if ended < len(tasks) else "")
                )

        run_tasks(tasks, self.workers, self.backend, done)


def _check(arms: Sequence[Arm], workers: int | None, time_limit: float | None) -> None:
    names = [arm.name for arm in arms]
    if not arms:
        raise ParameterError("A study needs at least one arm.")
    for name in names:
        if names.count(name) > 1:
            raise ParameterError(
                f"Two arms are called {name!r}.", "Give every arm a name of its own."
            )
    for arm in arms:
        _check_settings(arm)
        if arm.role == "pretrained" and arm.against not in names:
            raise ParameterError(
                f"The control {arm.against!r} of {arm.name!r} is not among the arms.", "Add it."
            )
    if workers is not None and workers < 1:
        raise ParameterError(f"The number of workers must be at least 1. Got {workers} instead.")
    if time_limit is not None and not time_limit > 0:
        raise ParameterError(f"The time limit must be above 0. Got {time_limit} instead.")


def _check_settings(arm: Arm) -> None:
    """Refuse an arm that was written before settings depended on the labels."""
    try:
        inspect.signature(arm.settings).bind(1, 1)
    except TypeError:
        raise ParameterError(
            f"The settings of the arm {arm.name!r} cannot be asked for with (count, labels); it "
            f"has settings{inspect.signature(arm.settings)}.",
            "Write 'def settings(self, count, labels)'; labels is the number to learn from.",
        ) from None


def _of(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}"


def _more(count: int) -> str:
    return f" and {count} more" if count else ""


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
