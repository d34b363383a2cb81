"""Running a plan: every phase of every step, through the one loop."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import nn

from .._contracts import Space
from .._errors import PairingError, ParameterError
from .._random import Keys
from .._spec import check_name
from ..architecture import StackModule
from ..data.sources import Mix
from ..objective import Objective
from ..schedule import Phase
from .cache import encoded
from .events import Event, Observer, silent
from .feed import count_batches
from .loop import LoopResult, Work, run_phase
from .optimisers import default_rate
from .plan import Step
from .rates import rates_from_gradients
from .settings import Training
from .shapes import ENDING
from .trainee import Trainee

MEAN_ROWS = 4096


@dataclass(frozen=True)
class Feed:
    """What a plan is trained on.

    Parameters
    ----------
    rows : Source
        Every row.
    labelled : Source, optional
        The rows with ``y``.
    target : Space, optional
        Of ``y``.
    held_out : Source, optional
        Rows for the validation loss (with ``y`` for objectives that need labels).
    """

    rows: Any
    labelled: Any = None
    target: Space | None = None
    held_out: Any = None

    def for_objective(self, objective: Objective) -> Any:
        """Return the source that an objective learns from."""
        if objective.needs == "rows":
            return self.rows
        return (
            self.labelled
            if objective.needs == "labels"
            else Mix(self.labelled, self.rows, objective.ratio, objective.paced_by)
        )


@dataclass(frozen=True)
class Run:
    """What came of a plan: rows of history, what predicts, the best epoch of the last phase, and
    the stages that are left."""

    history: list[dict[str, Any]]
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
    phases = _phases(plan, module.depth)
    for part in phases:
        _check_pair(module, part, feed)
    module.to(device)
    history: list[dict[str, Any]] = []
    state: nn.Module | None = None
    before: Part | None = None
    best_epoch = 0
    for number, part in enumerate(phases):
        objective, phase, training = part.objective, part.phase, part.training
        codec = module.slice(phase.first, phase.last)
        phase_keys = keys.under("step", part.step, "phase", part.position)
        state = _state(part, before, state, codec, feed.target, phase_keys.torch("state"))
        state = None if state is None else state.to(device)
        row = {
            "step": part.step,
            "phase": number,
            "phases": len(phases),
            "objective": type(objective).__name__,
        }
        row |= {"first": phase.first, "last": phase.last}
        observe(Event("phase", row))
        source, held_out = _behind(
            module, phase.first, feed.for_objective(objective), feed.held_out, device
        )
        if objective.needs != "labels" and codec.depth and phase.epochs:
            centre(codec, source)
        work = Work(
            trainee=Trainee(codec, objective, state, autocast),
            source=source,
            training=training,
            layers=layers_of(module, phase, state, training),
            epochs=_epochs(phase, training, len(source)),
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
        best_epoch = result.best_epoch
        before = part
        if grow is not None and part.step == 0 and not grow(module.slice(0, phase.last)):
            module = module.slice(0, max(0, phase.last - 1))
            phases[number + 1 :] = _phases(plan, module.depth, after=0)
    module.to("cpu").eval()
    if state is not None and before is not None:
        state = before.objective.predictor(state.to("cpu").eval())
    return Run(history, state, best_epoch, module.depth)


@dataclass(frozen=True)
class Part:
    """One phase of a plan: which step, which phase of it, and what it trains how."""

    step: int
    position: int
    phase: Phase
    objective: Objective
    training: Training


def _phases(plan: Sequence[Step], depth: int, after: int = -1) -> list[Part]:
    """Return the phases of the steps after a number, on a stack of this depth."""
    return [
        Part(s, p, phase, objective, step.training or Training())
        for s, step in enumerate(plan)
        if s > after
        for p, (phase, objective) in enumerate(step.phases(depth))
    ]


def _state(
    part: Part,
    before: Part | None,
    state: Any,
    codec: Any,
    target: Space | None,
    generator: torch.Generator,
) -> Any:
    """Return the objective's state: the one of the phase before where both have the same head, else
    a new one."""
    key, last = part.objective.state_key(), part.phase.last
    if before is None or (before.objective.state_key(), before.phase.last) != (key, last):
        return part.objective.init(codec, target, generator)
    same = before.objective == part.objective
    return part.objective.resume(state if same else before.objective.predictor(state), codec)


def _run_with_stopping(work: Work) -> LoopResult:
    """Run a phase; under a shape that ends, stopping chooses the number of epochs and the whole
    shape runs again."""
    if work.training.patience is None or work.held_out is None or work.training.shape not in ENDING:
        return run_phase(work)
    start = work.trainee.snapshot()
    search = run_phase(work)
    work.trainee.load_state_dict(start)
    final = run_phase(
        replace(work, epochs=search.best_epoch, training=replace(work.training, patience=None))
    )
    rows = [row | {"search": True} for row in search.rows] + final.rows
    return replace(final, rows=rows, best_epoch=search.best_epoch)


def _epochs(phase: Phase, training: Training, rows: int) -> int:
    """Return the phase's epochs, raised so that few rows still make ``min_steps`` steps (0 epochs
    stay 0)."""
    if phase.epochs == 0:
        return 0
    return max(
        phase.epochs, math.ceil(training.min_steps / count_batches(rows, training.batch_size))
    )


def _check_pair(module: StackModule, part: Part, feed: Feed) -> None:
    first = part.phase.first
    if part.objective.level == "data" and first > 0:
        what = (
            f"trains stage {first + 1} on codes" if part.phase.last >= first else "trains no stage"
        )
        raise PairingError(
            f"{part.objective!r} works on the data themselves; a phase of its schedule {what}.",
            "Use Joint or Progressive, or an objective that works on codes.",
        )
    part.objective.check(module.slice(first, part.phase.last), feed.target)


def _behind(
    module: StackModule, first: int, source: Any, held_out: Any, device: torch.device
) -> tuple[Any, Any]:
    """Return the sources as the trained slice sees them: behind the frozen prefix, computed
    once."""
    if first == 0:
        return source, held_out
    prefix = module.slice(0, first - 1)

    def code(part: Any) -> Any:
        if part is None:
            return None
        if isinstance(part, Mix):
            return replace(part, labelled=code(part.labelled), others=code(part.others))
        return encoded(prefix, part, device)

    return code(source), code(held_out)


def centre(codec: StackModule, source: Any) -> None:
    """Let the lowest decoder of an untrained slice begin at the mean of (at most ``MEAN_ROWS``)
    rows."""
    rows = np.unique(np.linspace(0, len(source) - 1, MEAN_ROWS).astype(int))
    mean = source.take(rows).x.flatten(1).mean(0)
    codec.stages[0].centre(mean.to(next(codec.parameters()).device))  # type: ignore[operator]


def layers_of(
    module: StackModule, phase: Phase, state: nn.Module | None, training: Training
) -> list[tuple[nn.Module, float]]:
    """Return what a phase trains, each with its peak rate.

    Raises
    ------
    ParameterError
        When rates or factors are listed for another number of stages.
    """
    depth = module.depth
    given = training.learning_rate
    rates = (
        given
        if isinstance(given, tuple)
        else (default_rate(training.optimiser) if given is None else given,) * depth
    )
    decay = 1.0 if isinstance(training.layer_decay, str) else training.layer_decay
    factors = (
        decay if isinstance(decay, tuple) else tuple(decay ** (depth - i) for i in range(depth))
    )
    for name, values in (("learning_rate", rates), ("layer_decay", factors)):
        if len(values) != depth:
            raise ParameterError(
                f"Training lists {name} for {len(values)} stages; the stack has {depth}.",
                "List one per stage.",
            )
    layers: list[tuple[nn.Module, float]] = [] if state is None else [(state, rates[-1])]
    layers += [
        (module.stages[i], rates[i] * factors[i]) for i in range(phase.first, phase.last + 1)
    ]
    return layers


def device_of(name: str) -> torch.device:
    """Return the device of a name; 'auto' takes a GPU where there is one.

    Raises
    ------
    ParameterError
        When the device is not there; the message names those that are.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    there = ["cpu", *(f"cuda:{i}" for i in range(torch.cuda.device_count()))]
    if name not in there and not (name == "cuda" and len(there) > 1):
        raise ParameterError(
            f"There is no device {name!r} here.", f"Devices: {', '.join(there)}; or 'auto'."
        )
    return torch.device(name)


def precision_of(name: str, device: torch.device) -> torch.dtype | None:
    """Return the type of automatic mixed precision, or None for float32; 'auto' takes bfloat16
    where the device has it."""
    check_name("an estimator", "precision", name, ("float32", "bfloat16", "auto"))
    fast = device.type != "cpu" or torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return torch.bfloat16 if name == "bfloat16" or (name == "auto" and fast) else None
