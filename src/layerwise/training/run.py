"""Running a plan: every phase of every step, through the one loop."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

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
from .events import Event, Observer, silent
from .feed import Feed
from .loop import LoopResult, Work, run_phase
from .phases import Part, check_part, parts_of
from .plan import Step
from .rates import layers_of, rates_from_gradients
from .shapes import ENDING
from .trainee import Trainee
from .troubles import troubles

MEAN_ROWS = 4096


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
    grow: Callable[[StackModule], bool] | None = None,
) -> Run:
    """Train a built stack in place.

    ``grow`` is asked after each phase of the first step, with the stages so far, whether the last
    of them is worth keeping; if not, it and all above are left out, and the rest of the plan goes
    on without them.

    Raises
    ------
    PairingError
        Before the first batch, when an objective does not go with a slice of this stack.
    TrainingError
        When a loss is not finite.
    """
    device = device or torch.device("cpu")
    parts = parts_of(plan, module.depth)
    for part in parts:
        check_part(module, part, feed)
    # filters with their channels last: a third less time on a CPU
    module.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    history: list[Facts] = []
    state: nn.Module | None = None
    before: Part | None = None
    best_epoch = 0
    for number, part in enumerate(parts):
        objective, phase, training = part.objective, part.phase, part.training
        codec = module.slice(phase.first, phase.last)
        phase_keys = keys.under("step", part.step, "phase", part.position)
        state = _state(part, before, state, codec, feed.target, phase_keys.torch("state"))
        state = None if state is None else state.to(device)
        row = {
            "step": part.step,
            "phase": number,
            "phases": len(parts),
            "objective": type(objective).__name__,
        }
        row |= {"first": phase.first, "last": phase.last}
        observe(Event("phase", row))
        source = _behind(module, phase.first, feed.for_objective(objective), device)
        held_out = feed.held_out and _behind(module, phase.first, feed.held_out, device)
        if objective.needs != "labels" and codec.depth and phase.epochs:
            centre(codec, source)
        work = Work(
            trainee=Trainee(codec, objective, state, autocast),
            source=source,
            training=training,
            layers=layers_of(module, phase, state, training),
            epochs=part.epochs(len(source)),
            keys=phase_keys,
            row=row,
            observe=observe,
            device=device,
            held_out=held_out,
        )
        if training.layer_decay == "gradient":
            work = replace(work, layers=rates_from_gradients(work))
        result = _run_with_stopping(work)
        history += result.rows
        for told in troubles(result.rows):
            warnings.warn(told, TrainingWarning, stacklevel=2)
        best_epoch = result.best_epoch
        before = part
        if grow is not None and part.step == 0 and not grow(module.slice(0, phase.last)):
            module = module.slice(0, max(0, phase.last - 1))
            parts[number + 1 :] = parts_of(plan, module.depth, after=0)
    module.to("cpu").to(memory_format=torch.contiguous_format).eval()  # type: ignore[call-overload]
    if state is not None and before is not None:
        state = before.objective.predictor(state.to("cpu").eval())
    return Run(history, state, best_epoch, module.depth)


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
    start = work.trainee.snapshot()
    search = run_phase(work)
    work.trainee.load_state_dict(start)
    whole = replace(work.training, patience=None)
    final = run_phase(replace(work, epochs=search.best_epoch, training=whole))
    rows = [row | {"search": True} for row in search.rows] + final.rows
    return replace(final, rows=rows, best_epoch=search.best_epoch)


def _behind(module: StackModule, first: int, source: Source, device: torch.device) -> Source:
    """Return a source as the trained slice sees it: behind the frozen prefix, computed once."""
    if first == 0:
        return source
    prefix = module.slice(0, first - 1)
    if isinstance(source, Mix):
        labelled, others = (encoded(prefix, p, device) for p in (source.labelled, source.others))
        return replace(source, labelled=labelled, others=others)
    return encoded(prefix, source, device)


def centre(codec: StackModule, source: Source) -> None:
    """Let the lowest decoder of an untrained slice begin at the mean of (at most ``MEAN_ROWS``)
    rows; tokens have no mean."""
    if not codec.decodes or codec.in_space.holds("token"):
        return
    rows = np.unique(np.linspace(0, len(source) - 1, MEAN_ROWS).astype(int))
    batch = source.take(rows)
    mean = weighted_mean(batch.x.flatten(1), batch.weight)
    codec.chain[0].centre(mean.to(next(codec.parameters()).device))
