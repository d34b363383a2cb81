"""The one training loop."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import torch

from .._contracts import Batch, Source
from .._durable import Facts
from .._errors import TrainingError
from .._random import Keys, Streams
from .average import Average
from .best import Best
from .checkpoint import PhaseKeeper
from .events import Event, Observer, stages_of
from .feed import batches, count_batches, cuts
from .limit import time_is_over
from .meter import Meter
from .optimisers import make_optimiser, set_momentum
from .probe import probed
from .settings import Training
from .shapes import factor_at
from .trainee import Trainee
from .tree import Tree

VALIDATION_ROWS = 1024
CHECKED = 50  # steps, at least, between two looks at whether the weights are finite


@dataclass(frozen=True)
class Work:
    """One phase, ready to run.

    Parameters
    ----------
    trainee : Trainee
    source : Source
    training : Training
    layers : list of (module, rate)
        What is trained, and the peak rate of each.
    epochs : int
    keys : Keys
        Of this phase.
    row : dict
        What every row of the history begins with.
    observe : Observer
    device : torch.device
    held_out : Source, optional
        Rows for the validation loss.
    keeper : PhaseKeeper, optional
        Where the phase is kept while it runs, and what it goes on from.
    """

    trainee: Trainee
    source: Source
    training: Training
    layers: list[tuple[torch.nn.Module, float]]
    epochs: int
    keys: Keys
    row: Facts
    observe: Observer
    device: torch.device
    held_out: Source | None = None
    keeper: PhaseKeeper | None = None


@dataclass(frozen=True)
class LoopResult:
    """Rows of history, one per epoch, and the epoch of the best validation loss (the last without
    validation)."""

    rows: list[Facts]
    best_epoch: int


def run_phase(work: Work) -> LoopResult:
    """Train one phase, or what is left of it.

    Raises
    ------
    TrainingError
        When the loss or a weight is not finite; the weights are the last that were seen to be
        finite, at the end of an epoch.
    """
    loop = _Loop(work)
    while loop.goes_on():
        loop.begin_epoch()
        for batch in loop.batches():
            loop.step(batch)
            loop.keep()
            if loop.late:
                break
        loop.end_epoch()
    return loop.end()


class _Loop:
    """A phase while it runs: all that a step changes outside of the trainee."""

    def __init__(self, work: Work) -> None:
        self.work, self.trainee, self.training = work, work.trainee, work.training
        training = work.training
        self.optimiser = make_optimiser(
            training.optimiser,
            work.layers,
            momentum=training.momentum_at(0),
            weight_decay=training.weight_decay,
        )
        self.parameters = self.optimiser.parameters
        self.streams = Streams(work.keys)
        least = self.trainee.objective.least_rows
        self.per_epoch = count_batches(len(work.source), training.batch_size, least)
        self.steps = work.epochs * self.per_epoch
        self.best = Best(self.trainee, training.patience)
        self.average = Average(self.trainee, training.average, self.steps)
        self.rows: list[Facts] = []
        self.epoch = self.done = 0  # the epoch that runs, and the steps of it that were taken
        self.late = self.over = False
        self.good, self.good_at = self.trainee.snapshot(), 0  # finite weights, after so many steps
        self.meter = Meter(work.row, work.epochs, self.per_epoch)
        if work.keeper is not None and work.keeper.found is not None:
            self._restore(work.keeper.found)

    @property
    def after(self) -> int:
        """Steps that were taken."""
        return self.epoch * self.per_epoch + self.done

    def goes_on(self) -> bool:
        """Whether there is another epoch."""
        return self.epoch < self.work.epochs and not (self.late or self.over)

    def begin_epoch(self) -> None:
        """Be ready for an epoch, or for what is left of one."""
        if self.done == 0:
            self.meter = Meter(self.work.row, self.work.epochs, self.per_epoch, self.epoch)
        if self.epoch == 0 or not self.trainee.training:  # judging leaves it in evaluation mode
            self.trainee.train()
        momentum = self.training.momentum_at(self.epoch)
        set_momentum(self.optimiser, self.training.optimiser, momentum)

    def batches(self) -> Iterator[Batch]:
        """Yield the batches of the epoch that were not learned from yet."""
        size, least = self.training.batch_size, self.trainee.objective.least_rows
        source, keys = self.work.source, self.work.keys
        for batch in batches(source, size, keys, self.epoch, least, skip=self.done):
            yield batch.to(self.work.device)

    def step(self, batch: Batch) -> None:
        """Take a step."""
        objective, optimiser = self.trainee.objective, self.optimiser
        before = self.after
        at = self.streams.at(self.epoch, self.done, before / self.steps)
        # learning rate
        factor = factor_at(self.training.shape, before, self.steps)
        for group in optimiser.groups:
            group.rate = group.peak * factor
        # loss
        loss, terms = self.trainee(batch, at)
        # backward
        optimiser.zero_grad()
        loss.backward()
        # clip
        if self.training.clip is not None:
            torch.nn.utils.clip_grad_norm_(self.parameters, self.training.clip)
        # step
        value = self.meter.add(loss, terms, len(batch.x))
        if not math.isfinite(value):
            place = f"in epoch {self.epoch + 1}, step {self.done + 1}"
            raise self._not_finite(f"The loss became {value}", place, self._blamed())
        optimiser.step()
        objective.after_step(self.trainee.codec, self.trainee.state, batch, at)
        self.average.follow()
        self.done += 1
        self._tell()
        self.late = time_is_over()

    def end_epoch(self) -> None:
        """Judge an epoch, and write its row of history."""
        work, training = self.work, self.training
        after = self.after
        if after - self.good_at >= CHECKED:
            self._look(after)
        factor = factor_at(training.shape, after - 1, self.steps)
        with self.average.in_place():
            rate = factor * max(rate for _, rate in work.layers)
            self.rows.append(self.meter.row(rate, validate(work)))
            self.rows[-1] |= probed(self.trainee, work.source, self.epoch, work.epochs, work.device)
            self.over = self.best.over(self.epoch + 1, self.rows[-1].get("validation"))
        if self.epoch == 0:
            self.rows[-1]["begin"] = self.meter.begin
        self.rows[-1] |= {"cut": True} if self.late and after < self.steps else {}
        if self.done == self.per_epoch:
            self.epoch, self.done = self.epoch + 1, 0
        work.observe(Event("epoch", self.rows[-1], len(self.rows) / work.epochs))

    def end(self) -> LoopResult:
        """Leave the weights that the phase is to end with."""
        self._look(self.after)
        self.average.take_over()
        self.best.restore()
        self.trainee.objective.end(self.trainee.codec, self.trainee.state)
        self.trainee.rest()
        return LoopResult(self.rows, self.best.epoch or len(self.rows))

    def keep(self) -> None:
        """Keep where the phase stands, where that is due."""
        keeper = self.work.keeper
        if keeper is not None and keeper.due():
            keeper.keep(self._tree())

    def _tree(self) -> Tree:
        return {
            "epoch": self.epoch,
            "done": self.done,
            "rows": self.rows,
            "rates": [rate for _, rate in self.work.layers],
            "meter": self.meter.tree(),
            "best": self.best.tree(),
            "average": self.average.tree(),
            "optimiser": self.optimiser.tree(),
            "good": self.good,
            "good_at": self.good_at,
        }

    def _restore(self, found: Tree) -> None:
        """Stand where a phase was kept; the weights are there already."""
        self.epoch, self.done, self.rows = found["epoch"], found["done"], found["rows"]
        self.meter = Meter(self.work.row, self.work.epochs, self.per_epoch, self.epoch)
        self.meter.restore(found["meter"])
        self.best.restore_from(found["best"])
        self.average.restore(found["average"])
        self.optimiser.restore(found["optimiser"])
        self.good, self.good_at = found["good"], found["good_at"]

    def _tell(self) -> None:
        if self.meter.is_due():
            share = (self.epoch + self.done / self.per_epoch) / self.work.epochs
            self.work.observe(Event("steps", self.meter.now(), share))

    def _look(self, after: int) -> None:
        """Raise when a weight is not finite; the loss would only tell in the next step."""
        for name, weight in self.trainee.named_parameters():
            if not bool(torch.isfinite(weight).all()):
                place = f"by the end of epoch {-(-after // self.per_epoch)}"
                raise self._not_finite(f"The weights {name!r} became infinite", place)
        self.good, self.good_at = self.trainee.snapshot(), after

    def _blamed(self) -> str:
        for name, weight in self.trainee.named_parameters():
            if weight.grad is not None and not bool(torch.isfinite(weight.grad).all()):
                return f" (gradient of {name!r} is not finite)"
        return ""

    def _not_finite(self, what: str, place: str, blame: str = "") -> TrainingError:
        self.trainee.load_state_dict(self.good)
        return TrainingError(
            f"{what} {place}, while training "
            f"{stages_of(self.work.row)} with {self.trainee.objective!r}{blame}. The weights are "
            f"those after {self.good_at:,} steps.",
            "Lower Training(learning_rate=...), set Training(clip=1.0), or scale the data.",
        )


def validate(work: Work) -> float | None:
    """Return the mean validation loss under fixed noise and without dropout, or None when nothing
    is held out."""
    if work.held_out is None:
        return None
    trainee, objective = work.trainee, work.trainee.objective
    streams = Streams(work.keys.under("validation"))
    total = weight = 0.0
    with trainee.evaluating():
        for start, stop in pairwise(
            cuts(len(work.held_out), VALIDATION_ROWS, objective.least_rows)
        ):
            batch = work.held_out.take(np.arange(start, stop)).to(work.device)
            beside = replace(batch, other=batch) if objective.needs == "both" else batch
            at = streams.at(0, start, 1.0)
            value = float(objective.validation(trainee.codec, trainee.state, beside, at))
            own = stop - start if batch.weight is None else float(batch.weight.sum())
            total, weight = total + value * own, weight + own
    if not math.isfinite(total):
        raise TrainingError(
            f"The validation loss became {total} while training {stages_of(work.row)} with "
            f"{objective!r}.",
            "Lower Training(learning_rate=...), or hold out more rows.",
        )
    return total / max(weight, 1e-12)
