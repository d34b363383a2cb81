"""The ``recipe`` parameter: an estimator that is made from a recipe, once the data are there."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._errors import ParameterError
from ..architecture import Conv
from ..data.frames import is_frame
from ..data.preprocessing import Preprocessor
from ..recipes import Recipe
from ..recipes.choice import recipe_for


def check_alone(estimator: Any, *others: str) -> None:
    """Refuse settings that say what the recipe says.

    Raises
    ------
    ParameterError
        When one of them is given beside a recipe.
    """
    for name in others:
        if getattr(estimator, name) not in (None, (), []):
            raise ParameterError(
                f"{type(estimator).__name__} was given a recipe and also "
                f"{name}={getattr(estimator, name)!r}.",
                "Give one or the other: a recipe says both.",
            )


def chosen(recipe: Any, X: Any, labels: int | None = None) -> tuple[Recipe, str]:
    """Return the recipe for rows X, and a sentence on who chose it."""
    shape = tuple(X.shape) if hasattr(X, "shape") else np.asarray(X).shape
    features = int(np.prod(shape[1:]))
    found, why = recipe_for(
        recipe, table=is_frame(X), features=features, rows=int(shape[0]), labels=labels
    )
    if len(shape) == 4 and isinstance(found.stack.stages[0], Conv) and found.stack.in_shape is None:
        found = found.replace("stack.in_shape", shape[1:])
    return found, why


def pretraining_of(recipe: Recipe, own: Any) -> dict[str, Any]:
    """Return the parameters of the Pretrainer that a recipe means; what an estimator's ``own`` say
    stands before the recipe."""
    preprocessing = getattr(own, "preprocessing", "auto")
    if isinstance(preprocessing, str):
        preprocessing = Preprocessor(
            recipe.numbers,
            contrast=recipe.contrast,
            whitening=recipe.whitening,
            epsilon=recipe.epsilon,
        )
    precision = recipe.precision if own.precision == "float32" else own.precision
    return {
        "stack": recipe.stack,
        "plan": list(recipe.plan),
        "preprocessing": preprocessing,
        "precision": precision,
    }


def finetuning_of(recipe: Recipe, own: Any) -> dict[str, Any]:
    """Return the parameters of the classifier or regressor that a recipe means, likewise."""
    plan = (
        recipe.control if own.start == "random" and recipe.control is not None else recipe.finetune
    )
    validation = recipe.validation if own.validation is None else own.validation
    return {
        "plan": list(plan),
        "validation": validation,
        "precision": pretraining_of(recipe, own)["precision"],
    }


def take_over(estimator: Any, fitted: Any) -> None:
    """Give an estimator all that another one has learned."""
    parameters = set(estimator.get_params(deep=False))
    vars(estimator).update(
        {name: value for name, value in vars(fitted).items() if name not in parameters}
    )
