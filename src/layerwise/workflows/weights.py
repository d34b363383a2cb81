"""What classes weigh in the loss, for all arms alike."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any, TypeAlias

from sklearn.base import clone

from .._errors import ParameterError, did_you_mean
from ..evaluation import EstimatorArm

# 'balanced', a weight per class as the data spell it, or None
ClassWeight: TypeAlias = "str | Mapping[Any, float] | None"
Weights: TypeAlias = "str | dict[int, float] | None"


def parse_class_weight(texts: Sequence[str]) -> ClassWeight:
    """Return what ``--class-weight`` says: 'balanced', 'none', or CLASS=WEIGHT for some classes.

    >>> parse_class_weight(["yes=5", "no=0.5"])
    {'yes': 5.0, 'no': 0.5}
    >>> parse_class_weight(["balanced"])
    'balanced'
    """
    if not texts or list(texts) == ["none"]:
        return None
    if list(texts) == ["balanced"]:
        return "balanced"
    weights = {}
    for text in texts:
        name, equals, number = text.rpartition("=")
        try:
            weights[name] = float(number) if equals else math.nan
        except ValueError:
            weights[name] = math.nan
        if not equals or math.isnan(weights[name]):
            raise ParameterError(
                f"--class-weight takes balanced, none or CLASS=WEIGHT. Got {text!r} instead.",
                "For example --class-weight balanced, or --class-weight yes=5 for one class.",
            )
    return weights


def weights_of_classes(given: ClassWeight, task: str | None, classes: Sequence[object]) -> Weights:
    """Return what the arms of a study take: 'balanced', or a weight per number of a class.

    Raises
    ------
    ParameterError
        Without classes, for an unknown class, or a weight that is not above 0.
    """
    if given is None:
        return None
    if task != "classification":
        raise ParameterError(
            f"A class weight was given for {'a regression' if task else 'data without a target'}.",
            "Leave --class-weight out.",
        )
    if isinstance(given, str):
        if given != "balanced":
            raise ParameterError(
                f"The class weight must be 'balanced' or a weight per class. Got {given!r} "
                "instead.",
                did_you_mean(given, ["balanced"]),
            )
        return "balanced"
    names = [str(value) for value in classes]
    weights = dict.fromkeys(range(len(names)), 1.0)
    for name, weight in given.items():
        if str(name) not in names:
            raise ParameterError(
                f"There is no class {str(name)!r} to weigh.", did_you_mean(name, names)
            )
        if not 0 < weight < math.inf:
            raise ParameterError(
                f"The weight of the class {str(name)!r} must be a number above 0. Got {weight!r} "
                "instead."
            )
        weights[names.index(str(name))] = float(weight)
    return weights


def weighed(arm: EstimatorArm, weights: Weights) -> tuple[EstimatorArm, bool]:
    """Return an arm whose estimator weighs the classes, and whether it can."""
    if weights is None or "class_weight" not in arm.estimator.get_params():
        return arm, False
    estimator = clone(arm.estimator).set_params(class_weight=weights)
    changed = copy(arm)
    changed.estimator = estimator
    return changed, True


def weight_note(weights: Weights, classes: Sequence[object], simple: Sequence[str]) -> str:
    """Return a sentence on what classes weigh, and for whom."""
    if weights == "balanced":
        what = "Classes weigh alike in the loss, however many rows they have"
    else:
        assert isinstance(weights, dict)
        shown = ", ".join(f"{classes[i]} {weights[i]:g}" for i in list(weights)[:12])
        what = f"Classes weigh in the loss: {shown}{', ...' if len(weights) > 12 else ''}"
    names = ["both arms", *(f"the {name}" for name in simple)]
    more = f"{', in '.join(names[:-1])} and in {names[-1]}" if len(names) > 1 else names[0]
    return f"{what}; in {more}."
