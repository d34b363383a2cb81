"""How long a fit takes, measured on a few steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from .._durable import Facts
from .._indexing import rows_of
from ..data.readers import ReadRows
from ..estimators import make_pretrainer
from ..recipes import Recipe
from ..training import Clock, Step, Training, limited_by, observing, parts_of, unkept
from ..training.feed import count_batches
from .arms import RecipeArm

EPOCHS, BATCHES = 4, 3  # of the rows that are tried; the first epoch warms up
WORTH = 1000  # steps; fewer are not worth a measurement


@dataclass(frozen=True)
class Times:
    """Seconds of training.

    Parameters
    ----------
    pretrain : float
    finetune : float
        Of one arm.
    arms : int
    """

    pretrain: float
    finetune: float = 0.0
    arms: int = 0

    @property
    def total(self) -> float:
        """Seconds of all training."""
        return self.pretrain + self.arms * self.finetune


@dataclass(frozen=True, eq=False)
class Work:
    """What a recipe will be trained on.

    Parameters
    ----------
    recipe : Recipe
    X : rows to learn from
    y : array of shape (n,), optional
        Class numbers or targets, as in a study; None for an encoder.
    labelled : int array
        Positions of the labelled rows.
    device : str
    seed : int
    """

    recipe: Recipe
    X: ReadRows
    y: np.ndarray | None = None
    labelled: np.ndarray | None = None
    device: str = "auto"
    seed: int = 0

    @property
    def labels(self) -> int:
        """The number of labelled rows."""
        return 0 if self.labelled is None else len(self.labelled)

    def epochs(self, plan: Sequence[Step]) -> list[list[tuple[int, int]]]:
        """Return for each step of a plan its phases, as epochs and batches an epoch."""
        depth = self.recipe.stack.depth
        found: list[list[tuple[int, int]]] = [[] for _ in plan]
        for part in parts_of(plan, depth):
            paced = getattr(part.objective, "paced_by", "labels")
            all_rows = part.objective.needs == "rows" or (
                part.objective.needs == "both" and paced == "rows"
            )
            n = max(1, self.X.shape[0] if all_rows else self.labels)
            size, least = part.training.batch_size, part.objective.least_rows
            found[part.step].append((part.epochs(n), count_batches(n, size, least)))
        return found

    def steps(self, plan: Sequence[Step]) -> int:
        """Return the steps of a plan."""
        return sum(e * b for phases in self.epochs(plan) for e, b in phases)

    @property
    def is_long(self) -> bool:
        """Whether a measurement is worth its time."""
        count = self.steps(self.recipe.plan)
        if self.y is not None:
            count += 2 * self.steps(self.recipe.finetune)
        return count >= WORTH


def measured(work: Work) -> Times:
    """Return how long a fit will take, from a few steps of every phase."""
    short = work.recipe
    for name in ("plan", "finetune", "control"):
        if getattr(short, name) is not None:
            short = short.replace(name, tuple(map(_tried, getattr(short, name))))
    rng = np.random.default_rng(0)
    n = work.X.shape[0]
    size = max(_size(step) for step in (*short.plan, *short.finetune))
    rows = rng.permutation(n)[: BATCHES * size]
    with limited_by(Clock()), observing(lambda event: None), unkept():
        if work.y is None or work.labelled is None:
            pretrainer = make_pretrainer(short, random_state=0, device=work.device)
            pretrainer.fit(rows_of(work.X, np.sort(rows)))
            return Times(_seconds(work, work.recipe.plan, pretrainer.history_))
        task = "classification" if work.y.dtype.kind == "i" else "regression"
        arm = RecipeArm(short, task, "pretrained", work.device)
        own = _some_labelled(work.y, work.labelled, rng)
        rows = np.union1d(rows, own)
        prepared = arm.prepare(rows_of(work.X, rows), work.seed)
        model = arm.make(prepared, {"rate": 1.0}, 0).set_params(validation=None)
        if arm.learns_from == "labelled":
            model.fit(rows_of(work.X, own), work.y[own])
        else:
            y = np.full(len(rows), -1 if task == "classification" else np.nan, work.y.dtype)
            y[np.searchsorted(rows, own)] = work.y[own]
            model.fit(rows_of(work.X, rows), y)
    pretrain = _seconds(work, work.recipe.plan, prepared.history_)
    tune = _seconds(work, work.recipe.finetune, model.history_)
    return Times(pretrain, tune * (1 + _searches(work.recipe.validation)), 2)


def _tried(step: Step) -> Step:
    training = replace(step.training or Training(), min_steps=0, patience=None)
    given = step.schedule.epochs
    epochs = (
        tuple(EPOCHS if e else 0 for e in given)
        if isinstance(given, tuple)
        else EPOCHS * (given > 0)
    )
    return replace(step, schedule=step.schedule.replace("epochs", epochs), training=training)


def _seconds(work: Work, plan: Sequence[Step], history: list[Facts]) -> float:
    """Return the seconds of a plan: the steps of each phase, at the pace of its epochs after the
    first."""
    paces: dict[int, list[Facts]] = {}
    for row in history:
        if row["epoch"] > 1:
            paces.setdefault(row["phase"], []).append(row)
    phases = [phase for step in work.epochs(plan) for phase in step]
    total = 0.0
    for i, (epochs, batches) in enumerate(phases):
        rows = paces.get(i)
        if rows:
            pace = sum(row["seconds"] for row in rows) / sum(row["batches"] for row in rows)
            total += epochs * batches * pace
    return total


def _searches(validation: float | int | str | None) -> int:
    """Return how often fine-tuning runs before the last time, at most."""
    if validation is None:
        return 0
    return 1 if isinstance(validation, float) else 5 if validation == "auto" else int(validation)


def _some_labelled(y: np.ndarray, labelled: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    mixed = rng.permutation(labelled)
    first = np.unique(y[mixed], return_index=True)[1] if y.dtype.kind == "i" else np.arange(2)
    return np.unique(np.concatenate([mixed[first], mixed[: BATCHES * 32]]))


def _size(step: Step) -> int:
    return (step.training or Training()).batch_size
