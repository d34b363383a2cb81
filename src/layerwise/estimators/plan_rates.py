"""The learning rates of a plan: read, and set."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .._errors import ParameterError
from ..training import Step
from ..training.optimisers import default_rate


def trains(step: Step) -> bool:
    """Whether a step trains a stage."""
    return any(first <= last for first, last in step.schedule.spans(1))


def check_trains_stages(plan: tuple[Step, ...]) -> None:
    """Raise unless some step of a plan trains a stage."""
    if not any(trains(step) for step in plan):
        raise ParameterError(
            f"No step of the fine-tuning plan {list(plan)!r} trains a stage: there is no rate to "
            "search.",
            "Add a step such as (Supervised(), Joint(25)).",
        )


def factors_of(plan: tuple[Step, ...], depth: int) -> tuple[float, ...] | str:
    """Return the factors of the last step that trains stages."""
    training = next(step.training for step in reversed(plan) if trains(step))
    assert training is not None  # as_plan fills it in
    decay = training.layer_decay
    return (
        decay
        if isinstance(decay, (tuple, str))
        else tuple(float(decay ** (depth - i)) for i in range(depth))
    )


def with_rates(
    plan: tuple[Step, ...], depth: int, factors: tuple[float, ...], rate: float
) -> tuple[Step, ...]:
    """Return the plan with these factors in each step that trains stages, and the last step's rate
    times ``rate``."""
    steps = [_changed(step, layer_decay=factors) if trains(step) else step for step in plan]
    training = steps[-1].training
    assert training is not None  # as_plan fills it in
    given = (
        training.learning_rate
        if training.learning_rate is not None
        else default_rate(training.optimiser)
    )
    scaled = tuple(one * rate for one in given) if isinstance(given, tuple) else given * rate
    return (*steps[:-1], _changed(steps[-1], learning_rate=scaled))


def _changed(step: Step, **settings: Any) -> Step:
    assert step.training is not None  # as_plan fills it in
    return replace(step, training=replace(step.training, **settings))
