"""What a description says about training: the plan, the widths of the head, the marker."""

from __future__ import annotations

from .._durable import Facts
from .._errors import ModelError, ParameterError
from .._spec import foreign, from_dict
from ..estimators.labels import Marker
from ..training import Step, Written, as_plan

FOREIGN = "It was written by something else, or by another version."


def plan_of(data: list[Facts], decodes: bool = False) -> tuple[Step, ...] | Written:
    """Return a plan; one with parts of somebody's own that cannot be built here stays text."""
    try:
        return as_plan(from_dict(data))
    except ParameterError:
        if isinstance(data, list) and foreign(data):
            return Written(data, decodes is True)
        raise


def widths_of(facts: Facts, plan: tuple[Step, ...] | Written) -> tuple[int, ...]:
    """Return the widths of the head's hidden layers; a plan that can be read says them too, and in
    folders of the first releases alone."""
    read = None if isinstance(plan, Written) else plan[-1].objectives[-1].head_widths()
    if read is None and not isinstance(plan, Written):
        raise ModelError("The fine-tuning plan does not end with labels.", FOREIGN)
    widths = facts.get("head_widths", None if read is None else list(read))
    if not isinstance(widths, list) or not all(type(w) is int and w > 0 for w in widths):
        raise ModelError(
            f"The widths of the head are {widths!r}; expected a list of numbers.", FOREIGN
        )
    if read is not None and read != tuple(widths):
        raise ModelError(
            f"The head has the widths {widths}, and its plan says {list(read)}.", FOREIGN
        )
    return tuple(widths)


def marker_of(fact: Facts | Marker) -> Marker:
    """Return what marks a row without a label."""
    return float("nan") if isinstance(fact, dict) else fact
