"""A plan: steps of an objective, a schedule and training settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from .._checks import check_kind
from .._durable import Facts
from .._errors import ParameterError
from .._spec import Spec, from_dict, register, spelled
from ..objective import Objective
from ..schedule import Phase, Schedule
from .settings import Training


@register
@dataclass(frozen=True, repr=False)
class Step(Spec):
    """Train this objective on this schedule.

    Parameters
    ----------
    objective : Objective or tuple of Objective
        A tuple holds one per phase of the schedule; all are fed with the same rows.
    schedule : Schedule
    training : Training, optional
        By default the estimator's.

    Examples
    --------
    >>> from layerwise import Greedy, Reconstruction, Step
    >>> Step(Reconstruction(), Greedy(10))
    Step(Reconstruction(), Greedy(10))
    """

    objective: Objective | tuple[Objective, ...]
    schedule: Schedule
    training: Training | None = None

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """The objectives, one for all phases or one for each."""
        return self.objective if isinstance(self.objective, tuple) else (self.objective,)

    def phases(self, depth: int) -> list[tuple[Phase, Objective]]:
        """Return each phase for a stack of ``depth`` stages, with its objective.

        Raises
        ------
        ParameterError
            When epochs or objectives are listed for another number of phases.
        """
        phases = list(self.schedule.phases(depth))
        objectives = self.objectives * len(phases) if len(self.objectives) == 1 else self.objectives
        if len(objectives) != len(phases):
            raise ParameterError(
                f"The step lists {len(objectives)} objectives; {self.schedule!r} has {len(phases)} "
                f"phases on {depth} stages.",
                "Give one objective, or one per phase.",
            )
        return list(zip(phases, objectives, strict=True))

    def of_depth(self, depth: int) -> Step:
        """Return the step with the first ``depth`` of the values that it lists."""
        training = self.training
        if training is not None:
            rates, factors = training.learning_rate, training.layer_decay
            training = replace(
                training, learning_rate=_first(rates, depth), layer_decay=_first(factors, depth)
            )
        schedule = self.schedule
        if isinstance(schedule.epochs, tuple):
            schedule = replace(schedule, epochs=_first(schedule.epochs, depth))
        return Step(_first(self.objective, depth), schedule, training)

    def __post_init__(self) -> None:
        if isinstance(self.objective, list):
            object.__setattr__(self, "objective", tuple(self.objective))
        check_kind(
            "a plan",
            "objective",
            self.objective or None,
            (Objective, tuple),
            "an objective such as Reconstruction()",
        )
        for objective in self.objectives:
            check_kind(
                "a plan", "objective", objective, Objective, "an objective such as Reconstruction()"
            )
        if len({objective.needs for objective in self.objectives}) > 1:
            raise ParameterError(
                "The objectives of one step must be fed with the same rows. Got "
                f"{self.objective!r} instead.",
                "Give objectives that need labels a step of their own.",
            )
        check_kind("a plan", "schedule", self.schedule, Schedule, "a schedule such as Greedy(20)")
        check_kind(
            "a plan", "training", self.training, (Training, type(None)), "Training(...) or None"
        )


def _first(value: Any, count: int) -> Any:
    """Return the first of the values that are listed, or what is no list."""
    return value[:count] if isinstance(value, tuple) else value


@dataclass(frozen=True)
class Written:
    """A plan as a model folder holds it, some of whose parts are not registered here: text until
    somebody wants to train again.

    Parameters
    ----------
    steps : list of dict
    decodes : bool
        Whether it trained the decoder.
    """

    steps: list[Facts]
    decodes: bool = False

    def read(self) -> list[Step]:
        """Return the steps.

        Raises
        ------
        ParameterError
            When a part is still not registered; names it.
        """
        return list(from_dict(self.steps))

    def __repr__(self) -> str:
        return spelled(self.steps)


# What can be a step of a plan, and what can be a plan: see as_plan
Objectives: TypeAlias = Objective | Sequence[Objective]
StepLike: TypeAlias = (
    Step | tuple[Objectives, Schedule] | tuple[Objectives, Schedule, Training | None]
)
Plan: TypeAlias = Written | Sequence[StepLike]


def as_plan(plan: Plan, training: Training | None = None) -> tuple[Step, ...]:
    """Return steps from tuples ``(objective, schedule)`` or ``(objective, schedule, training)``.

    Raises
    ------
    ParameterError
        When the plan is empty, or an item is no such tuple.
    """
    plan = plan.read() if isinstance(plan, Written) else plan
    if not isinstance(plan, Sequence) or isinstance(plan, str) or not plan:
        raise ParameterError(
            "A plan (pretraining or finetune) must be a non-empty list of (objective, schedule). "
            f"Got {plan!r} instead."
        )
    steps = [_as_step(item) for item in plan]
    return tuple(
        step if step.training is not None else replace(step, training=training or Training())
        for step in steps
    )


def _as_step(item: StepLike) -> Step:
    if isinstance(item, Step):
        return item
    if not isinstance(item, (tuple, list)) or len(item) not in (2, 3):
        raise ParameterError(
            "A step of a plan must be (objective, schedule) or (objective, schedule, "
            f"Training(...)). Got {item!r} instead.",
            "For example (Reconstruction(), Greedy(20)).",
        )
    return Step(*item)
