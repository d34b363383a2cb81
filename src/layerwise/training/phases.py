"""The phases of a plan, and whether each can be run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .._errors import PairingError
from ..architecture import StackModule
from ..objective import Objective
from ..schedule import Phase
from .feed import Feed, count_batches
from .plan import Step
from .settings import Training


@dataclass(frozen=True)
class Part:
    """One phase of a plan: which step, which phase of it, and what it trains how."""

    step: int
    position: int
    phase: Phase
    objective: Objective
    training: Training

    def epochs(self, rows: int) -> int:
        """Return the phase's epochs, raised so that few rows still make ``min_steps`` steps (0
        epochs stay 0)."""
        if self.phase.epochs == 0:
            return 0
        steps = count_batches(rows, self.training.batch_size, self.objective.least_rows)
        return max(self.phase.epochs, math.ceil(self.training.min_steps / steps))


def parts_of(plan: Sequence[Step], depth: int, after: int = -1) -> list[Part]:
    """Return the phases of the steps after a number, on a stack of this depth."""
    return [
        Part(s, p, phase, objective, step.training or Training())
        for s, step in enumerate(plan)
        if s > after
        for p, (phase, objective) in enumerate(step.phases(depth))
    ]


def trains_decoders(plan: Sequence[Step], depth: int) -> bool:
    """Whether the way back of every stage was trained by the last phase that trained the stage:
    what trains an encoder alone afterwards leaves its decoder behind."""
    trained = dict.fromkeys(range(depth), False)
    for part in parts_of(plan, depth):
        if part.phase.epochs:
            for stage in range(part.phase.first, part.phase.last + 1):
                trained[stage] = part.objective.trains_decoder
    return all(trained.values())


def check_part(module: StackModule, part: Part, feed: Feed) -> None:
    """Raise PairingError when a phase cannot be run on this stack and these rows."""
    first, last, objective = part.phase.first, part.phase.last, part.objective
    if first > 0 and objective.level == "data":
        what = f"trains stage {first + 1} on codes" if last >= first else "trains no stage"
        raise PairingError(
            f"{objective!r} works on the data themselves; a phase of its schedule {what}.",
            "Use Joint or Progressive, or an objective that works on codes.",
        )
    if first > 0 and module.reads_tokens and len(module.space_at(first).shape) == 2:
        raise PairingError(
            f"A phase of {objective!r} begins above stage {first}, whose codes are tokens: which "
            "of "
            "them are padding is not known there.",
            "Use Joint or Progressive, or pool in the stage below.",
        )
    if part.training.batch_size < objective.least_rows:
        raise PairingError(
            f"{objective!r} needs batches of at least {objective.least_rows} rows; "
            f"batch_size={part.training.batch_size} was asked for.",
            "Raise Training(batch_size=...).",
        )
    objective.check(module.slice(first, last), feed.target)
    if objective.needs != "rows" and feed.labelled is None:
        raise PairingError(
            f"{objective!r} needs labels, and none were given.",
            "Use it in the plan of PretrainedClassifier or PretrainedRegressor.",
        )
    rows = len(feed.for_objective(objective))
    if part.phase.epochs and rows < objective.least_rows and objective.least_rows > 2:
        raise PairingError(
            f"{objective!r} needs at least {objective.least_rows} rows; there are {rows}.",
            "Give more rows.",
        )
