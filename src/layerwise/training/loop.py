"""The one training loop."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from .._contracts import Source
from .._durable import Facts
from .._errors import TrainingError
from .._random import Keys, Streams
from .average import Average
from .events import Event, Observer, stages_of
from .feed import batches, count_batches, cuts
from .limit import time_is_over
from .optimisers import make_optimiser, set_momentum
from .probe import probed
from .settings import Training
from .shapes import factor_at
from .trainee import Trainee

EVENT_SECONDS = 0.5
VALIDATION_ROWS = 1024


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


@dataclass(frozen=True)
class LoopResult:
    """Rows of history, one per epoch, and the epoch of the best validation loss (the last without
    validation)."""

    rows: list[Facts]
    best_epoch: int


def run_phase(work: Work) -> LoopResult:
    """Train one phase.

    Raises
    ------
    TrainingError
        When the loss is not finite; the weights are those of the last whole epoch.
    """
    trainee, training, objective = work.trainee, work.training, work.trainee.objective
    optimiser = make_optimiser(
        training.optimiser,
        work.layers,
        momentum=training.momentum_at(0),
        weight_decay=training.weight_decay,
    )
    parameters = optimiser.parameters
    streams, size, least = Streams(work.keys), training.batch_size, objective.least_rows
    per_epoch = count_batches(len(work.source), size, least)
    steps = work.epochs * per_epoch
    best = _Best(trainee, training.patience, work.held_out is not None)
    average = Average(trainee, training.average, steps)
    rows: list[Facts] = []
    late = False
    for epoch in range(work.epochs):
        meter = _Meter(work, epoch, per_epoch)
        good = trainee.snapshot()
        trainee.train()
        set_momentum(optimiser, training.optimiser, training.momentum_at(epoch))
        for step, batch in enumerate(batches(work.source, size, work.keys, epoch, least)):
            batch, done = batch.to(work.device), epoch * per_epoch + step
            at = streams.at(epoch, step, done / steps)
            # learning rate
            factor = factor_at(training.shape, done, steps)
            for group in optimiser.groups:
                group.rate = group.peak * factor
            # loss
            loss, terms = trainee(batch, at)
            # backward
            optimiser.zero_grad()
            loss.backward()
            # clip
            if training.clip is not None:
                torch.nn.utils.clip_grad_norm_(parameters, training.clip)
            # step
            value = meter.add(loss, terms, len(batch.x))
            if not math.isfinite(value):
                trainee.load_state_dict(good)
                raise _not_finite(work, epoch, step, value)
            optimiser.step()
            objective.after_step(trainee.codec, trainee.state, batch, at)
            average.follow()
            meter.tell(step)
            if late := time_is_over():
                break
        _check_weights(work, good, epoch)
        # row of history
        with average.in_place():
            rows.append(meter.row(factor * max(rate for _, rate in work.layers), validate(work)))
            rows[-1] |= probed(trainee, work.source, epoch, work.epochs, work.device)
            over = best.over(epoch + 1, rows[-1].get("validation"))
        if epoch == 0:
            rows[-1]["begin"] = meter.begin
        rows[-1] |= {"cut": True} if late and done + 1 < steps else {}
        work.observe(Event("epoch", rows[-1], (epoch + 1) / work.epochs))
        if late or over:
            break
    average.take_over()
    best.restore()
    objective.end(trainee.codec, trainee.state)
    trainee.rest()
    return LoopResult(rows, best.epoch or len(rows))


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


class _Meter:
    """Means over the rows of an epoch."""

    def __init__(self, work: Work, epoch: int, per_epoch: int) -> None:
        self.work, self.epoch, self.per_epoch = work, epoch, per_epoch
        self.sums: dict[str, float] = {}
        self.counts: dict[str, int] = {}  # a term may be measured at some steps alone
        self.count = 0
        self.begin: float | None = None  # the loss of the first batch
        self.began = self.told = time.perf_counter()

    def add(self, loss: Tensor, terms: dict[str, Tensor], n: int) -> float:
        value = loss.item()
        self.begin = value if self.begin is None else self.begin
        self.count += n
        for name, number in [("loss", value), *((key, float(term)) for key, term in terms.items())]:
            self.sums[name] = self.sums.get(name, 0.0) + number * n
            self.counts[name] = self.counts.get(name, 0) + n
        return value

    def tell(self, step: int) -> None:
        now = time.perf_counter()
        if now - self.told > EVENT_SECONDS:
            self.told = now
            share = (self.epoch + (step + 1) / self.per_epoch) / self.work.epochs
            row = (
                self.work.row
                | {"epoch": self.epoch + 1, "epochs": self.work.epochs}
                | {"batches": self.per_epoch}
                | self._means(now)
            )
            self.work.observe(Event("steps", row, share))

    def row(self, rate: float, validation: float | None) -> Facts:
        row = (
            self.work.row
            | {"epoch": self.epoch + 1, "epochs": self.work.epochs}
            | self._means(time.perf_counter())
        )
        row |= {"learning_rate": rate, "batches": self.per_epoch}
        return row if validation is None else row | {"validation": validation}

    def _means(self, now: float) -> dict[str, float]:
        seconds = now - self.began
        means = {name: total / self.counts[name] for name, total in self.sums.items()}
        return means | {"seconds": seconds, "rows_per_second": self.count / max(seconds, 1e-9)}


class _Best:
    """The best weights so far, when something is held out and patience is set."""

    def __init__(self, trainee: Trainee, patience: int | None, validated: bool) -> None:
        self.trainee, self.patience = trainee, patience
        self.validated = validated
        self.loss, self.epoch = math.inf, 0
        self.weights: dict[str, Tensor] | None = None

    def over(self, epoch: int, loss: float | None) -> bool:
        if loss is None:
            return False
        if loss < self.loss:
            self.loss, self.epoch = loss, epoch
            self.weights = self.trainee.snapshot() if self.patience is not None else None
        return self.patience is not None and epoch - self.epoch >= self.patience

    def restore(self) -> None:
        if self.weights is not None:
            self.trainee.load_state_dict(self.weights)


def _check_weights(work: Work, good: dict[str, Tensor], epoch: int) -> None:
    """Raise when the last step of an epoch left weights that are not finite; the loss would only
    tell in the next."""
    bad = [name for name, p in work.trainee.named_parameters() if not bool(torch.isfinite(p).all())]
    if bad:
        work.trainee.load_state_dict(good)
        raise TrainingError(
            f"The weights {bad[0]!r} became infinite in epoch {epoch + 1}, while training "
            f"{stages_of(work.row)} with "
            f"{work.trainee.objective!r}. The weights are those of the last whole epoch.",
            "Lower Training(learning_rate=...), set Training(clip=1.0), or scale the data.",
        )


def _not_finite(work: Work, epoch: int, step: int, value: float) -> TrainingError:
    named = dict(work.trainee.named_parameters())
    bad = [
        name
        for name, p in named.items()
        if p.grad is not None and not bool(torch.isfinite(p.grad).all())
    ]
    blame = f" (gradient of {bad[0]!r} is not finite)" if bad else ""
    return TrainingError(
        f"The loss became {value} in epoch {epoch + 1}, step {step + 1}, while training "
        f"{stages_of(work.row)} with "
        f"{work.trainee.objective!r}{blame}. The weights are those of the last whole epoch.",
        "Lower Training(learning_rate=...), set Training(clip=1.0), or scale the data.",
    )
