"""Running a plan: every phase of every step, through the one loop."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from torch import nn

from .._contracts import Source
from .._durable import Facts
from .._errors import TrainingWarning
from .._random import Keys
from .._space import Space
from ..architecture import StackModule
from ..data.sources import Mix
from ..objective.objective import weighted_mean
from .cache import encoded
from .checkpoint import Keeper, PhaseKeeper, current
from .events import Event, Observer, silent
from .feed import Feed
from .identity import identity
from .loop import LoopResult, Work, run_phase
from .phases import Part, check_part, parts_of
from .plan import Step
from .rates import layers_of, rates_from_gradients
from .shapes import ENDING
from .trainee import Trainee
from .tree import Tree
from .troubles import troubles

MEAN_ROWS = 4096


class Grows(Protocol):
    """Is asked after each phase of the first step, with the stages so far, whether the last of them
    is worth keeping; ``report`` says what it saw."""

    report: list[Facts]

    def __call__(self, module: StackModule) -> bool: ...


@dataclass(frozen=True)
class Run:
    """What came of a plan: rows of history, what predicts, the best epoch of the last phase, and
    the stages that are left."""

    history: list[Facts]
    state: nn.Module | None
    best_epoch: int
    depth: int


def run_plan(
    module: StackModule,
    plan: Sequence[Step],
    feed: Feed,
    *,
    keys: Keys,
    device: torch.device | None = None,
    autocast: torch.dtype | None = None,
    observe: Observer = silent,
    grow: Grows | None = None,
    for_history: bool = False,
) -> Run:
    """Train a built stack in place.

    A stage that ``grow`` finds not worth keeping is left out with all above it, and the rest of the
    plan goes on without them. Inside of :func:`checkpointed` it goes on where it was stopped; with
    ``for_history`` nothing but the history is kept of it when it has ended, so that the weights
    may be others then.

    Raises
    ------
    PairingError
        Before the first batch, when an objective does not go with a slice of this stack.
    TrainingError
        When a loss is not finite.
    CheckpointError
        When another plan, or other rows, were kept.
    """
    device = device or torch.device("cpu")
    parts = parts_of(plan, module.depth)
    for part in parts:
        check_part(module, part, feed)
    running = _Running(module, list(plan), parts, feed, keys, device, autocast, observe, grow)
    running.for_history = for_history
    if (checkpoint := current()) is not None:
        running.go_on_from(checkpoint.plan(identity(module, plan, feed, keys, device, autocast)))
    # filters with their channels last: a third less time on a CPU
    module.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    while running.number < len(running.parts):
        running.phase()
    return running.end()


class _Running:
    """A plan while it runs."""

    def __init__(
        self,
        module: StackModule,
        plan: Sequence[Step],
        parts: list[Part],
        feed: Feed,
        keys: Keys,
        device: torch.device,
        autocast: torch.dtype | None,
        observe: Observer,
        grow: Grows | None,
    ) -> None:
        self.module, self.plan, self.parts, self.feed = module, plan, parts, feed
        self.keys, self.device, self.autocast, self.observe = keys, device, autocast, observe
        self.grow = grow
        self.number, self.best_epoch = 0, 0
        self.history: list[Facts] = []
        self.grown: list[bool] = []  # the answers of ``grow``
        self.state: nn.Module | None = None
        self.before: Part | None = None
        self.keeper: Keeper | None = None
        self.found: Tree | None = None
        self.for_history = False

    def go_on_from(self, keeper: Keeper) -> None:
        """Keep the plan, and be ready to take over what was kept of it."""
        self.keeper, self.found = keeper, keeper.found

    def phase(self) -> None:
        """Run the next phase, or stand where it has ended or was stopped."""
        part, found = self.parts[self.number], self.found
        module, phase = self.module, part.phase
        codec = module.slice(phase.first, phase.last)
        keys = self.keys.under("step", part.step, "phase", part.position)
        target, generator = self.feed.target, keys.torch("state")
        state = _state(part, self.before, self.state, codec, target, generator)
        self.state = None if state is None else state.to(self.device)
        row = self._row(part)
        self.observe(Event("phase", row))
        if found is not None and self.number < found["ended"]:
            Trainee(codec, part.objective, self.state, self.autocast).rest()
        else:
            begun = found if found is not None and found["loop"] is not None else None
            if begun is not None:
                self._take_over(begun)
            self._train(part, codec, keys, row, begun)
            self.found = None
        self._end_phase(part)

    def end(self) -> Run:
        """Return what came of the plan."""
        self.module.to("cpu").to(memory_format=torch.contiguous_format).eval()  # type: ignore[call-overload]
        state = self.state
        if state is not None and self.before is not None:
            state = self.before.objective.predictor(state.to("cpu").eval())
        return Run(self.history, state, self.best_epoch, self.module.depth)

    def _train(
        self, part: Part, codec: StackModule, keys: Keys, row: Facts, begun: Tree | None
    ) -> None:
        objective, phase, training = part.objective, part.phase, part.training
        source = self._behind(phase.first, self.feed.for_objective(objective))
        held_out = self.feed.held_out and self._behind(phase.first, self.feed.held_out)
        if begun is None and objective.needs != "labels" and codec.depth and phase.epochs:
            centre(codec, source)
        work = Work(
            trainee=Trainee(codec, objective, self.state, self.autocast),
            source=source,
            training=training,
            layers=layers_of(self.module, phase, self.state, training),
            epochs=part.epochs(len(source)),
            keys=keys,
            row=row,
            observe=self.observe,
            device=self.device,
            held_out=held_out,
            keeper=self._phase_keeper(begun),
        )
        if begun is not None:
            rates = begun["loop"]["rates"]
            layers = [(layer, r) for (layer, _), r in zip(work.layers, rates, strict=True)]
            work = replace(work, layers=layers)
        elif training.layer_decay == "gradient":
            work = replace(work, layers=rates_from_gradients(work))
        result = _run_with_stopping(work)
        self.history += result.rows
        for told in troubles(result.rows):
            warnings.warn(told, TrainingWarning, stacklevel=4)
        self.best_epoch = result.best_epoch

    def _end_phase(self, part: Part) -> None:
        """Go on to the next phase, on the stages that are worth keeping."""
        found = self.found
        self.before = part
        self.number += 1
        if self.grow is not None and part.step == 0:
            asked = len(self.grown)
            codec = self.module.slice(0, part.phase.last)
            keep = self.grow(codec) if found is None else found["grown"][asked]
            self.grown.append(keep)
            if not keep:
                self.module = self.module.slice(0, max(0, part.phase.last - 1))
                self.parts[self.number :] = parts_of(self.plan, self.module.depth, after=0)
        if found is None:
            self._keep()
        elif self.number == found["ended"] and found["loop"] is None:
            self._take_over(found)
            self.found = None

    def _take_over(self, found: Tree) -> None:
        """Take over weights and history."""
        if found["module"] is not None:
            self.module.load_state_dict(found["module"])
            if self.state is not None:
                self.state.load_state_dict(found["state"])
        self.history, self.best_epoch = found["history"], found["best_epoch"]
        if self.grow is not None:
            self.grow.report[:] = found["growth"]

    def _keep(self) -> None:
        if self.keeper is not None:
            ended = self.number == len(self.parts)
            without = {"module": None, "state": None} if ended and self.for_history else {}
            self.keeper.keep(self._tree() | without, ended=ended)

    def _phase_keeper(self, begun: Tree | None) -> PhaseKeeper | None:
        if self.keeper is None:
            return None
        found, beside = (None, {}) if begun is None else (begun["loop"], begun["beside"])
        return PhaseKeeper(self.keeper, self._tree, found, beside)

    def _tree(self) -> Tree:
        """Return what a checkpoint keeps of the plan; a phase that runs adds itself."""
        return {
            "ended": self.number,
            "loop": None,
            "history": self.history,
            "best_epoch": self.best_epoch,
            "grown": self.grown,
            "growth": [] if self.grow is None else self.grow.report,
            "module": self.module.state_dict(),
            "state": {} if self.state is None else self.state.state_dict(),
        }

    def _row(self, part: Part) -> Facts:
        row = {
            "step": part.step,
            "phase": self.number,
            "phases": len(self.parts),
            "objective": type(part.objective).__name__,
        }
        return row | {"first": part.phase.first, "last": part.phase.last}

    def _behind(self, first: int, source: Source) -> Source:
        """Return a source as the trained slice sees it: behind the frozen prefix, computed once."""
        if first == 0:
            return source
        prefix = self.module.slice(0, first - 1)
        if isinstance(source, Mix):
            parts = (source.labelled, source.others)
            labelled, others = (encoded(prefix, p, self.device) for p in parts)
            return replace(source, labelled=labelled, others=others)
        return encoded(prefix, source, self.device)


def _state(
    part: Part,
    before: Part | None,
    state: nn.Module | None,
    codec: StackModule,
    target: Space | None,
    generator: torch.Generator,
) -> nn.Module | None:
    """Return the objective's state: the one of the phase before where both have the same head, else
    a new one."""
    if before is None or _belongs(before) != _belongs(part):
        codec.train()  # what init copies and means to train is in training mode
        return part.objective.init(codec, target, generator)
    same = before.objective == part.objective
    return part.objective.resume(state if same else before.objective.predictor(state), codec)


def _belongs(part: Part) -> object:
    """Return what a state belongs to: a head to the top of its slice, anything else to the
    slice."""
    key, phase = part.objective.state_key(), part.phase
    return (key, phase.last) if key != part.objective else (key, phase.first, phase.last)


def _run_with_stopping(work: Work) -> LoopResult:
    """Run a phase; under a shape that ends, stopping chooses the number of epochs and the whole
    shape runs again."""
    if work.training.patience is None or work.held_out is None or work.training.shape not in ENDING:
        return run_phase(work)
    kept = {} if work.keeper is None else work.keeper.beside
    rows, best, start = kept.get("rows"), kept.get("best", 0), kept.get("start")
    if rows is None:
        start = work.trainee.snapshot() if start is None else start
        search = run_phase(_beside(work, {"start": start}))
        rows, best = [row | {"search": True} for row in search.rows], search.best_epoch
        work.trainee.load_state_dict(start)
        work = _beside(work, {}, anew=True)
    whole = replace(work.training, patience=None)
    work = replace(_beside(work, {"rows": rows, "best": best}), epochs=int(best), training=whole)
    final = run_phase(work)
    return replace(final, rows=rows + final.rows, best_epoch=int(best))


def _beside(work: Work, beside: Tree, anew: bool = False) -> Work:
    """Return a phase that keeps something beside itself, and perhaps goes on from nothing."""
    if work.keeper is None:
        return work
    found = None if anew else work.keeper.found
    return replace(work, keeper=replace(work.keeper, found=found, beside=beside))


def centre(codec: StackModule, source: Source) -> None:
    """Let the lowest decoder of an untrained slice begin at the mean of (at most ``MEAN_ROWS``)
    rows; tokens have no mean."""
    if not codec.decodes or codec.in_space.holds("token"):
        return
    rows = np.unique(np.linspace(0, len(source) - 1, MEAN_ROWS).astype(int))
    batch = source.take(rows)
    mean = weighted_mean(batch.x.flatten(1), batch.weight)
    codec.chain[0].centre(mean.to(next(codec.parameters()).device))
