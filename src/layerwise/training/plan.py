"""A plan: steps of an objective, a schedule and training settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from .._errors import ParameterError
from .._spec import Spec, check_kind, register
from ..objective import Objective
from ..schedule import Schedule
from .settings import Training


@register
@dataclass(frozen=True, repr=False)
class Step(Spec):
    """Train this objective on this schedule.

    Parameters
    ----------
    objective : Objective
    schedule : Schedule
    training : Training, optional
        By default the estimator's.

    Examples
    --------
    >>> from layerwise import Greedy, Reconstruction, Step
    >>> Step(Reconstruction(), Greedy(10))
    Step(Reconstruction(), Greedy(10))
    """

    objective: Objective
    schedule: Schedule
    training: Training | None = None

    def __post_init__(self) -> None:
        check_kind("a plan", "objective", self.objective, Objective, "an objective such as Reconstruction()")
        check_kind("a plan", "schedule", self.schedule, Schedule, "a schedule such as Greedy(20)")
        check_kind("a plan", "training", self.training, (Training, type(None)), "Training(...) or None")


def as_plan(plan: Any, training: Training | None = None) -> tuple[Step, ...]:
    """Return steps from tuples ``(objective, schedule)`` or ``(objective, schedule, training)``.

    Raises
    ------
    ParameterError
        When the plan is empty, or an item is no such tuple.
    """
    if not isinstance(plan, Sequence) or isinstance(plan, str) or not plan:
        raise ParameterError(
            f"A plan (pretraining or finetune) must be a non-empty list of (objective, schedule). Got {plan!r} instead."
        )
    steps = [_as_step(item) for item in plan]
    return tuple(step if step.training is not None else replace(step, training=training or Training()) for step in steps)


def _as_step(item: Any) -> Step:
    if isinstance(item, Step):
        return item
    if not isinstance(item, (tuple, list)) or len(item) not in (2, 3):
        raise ParameterError(
            f"A step of a plan must be (objective, schedule) or (objective, schedule, Training(...)). Got {item!r} instead.",
            "For example (Reconstruction(), Greedy(20)).",
        )
    return Step(*item)
