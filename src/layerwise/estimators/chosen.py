"""From a recipe to the parameters of an estimator: the one place that knows what a recipe means."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from .._errors import ParameterError
from ..data.frames import Frame, is_frame
from ..data.kinds import free_columns
from ..data.protocol import Prepares
from ..data.reading import Table, is_source
from ..recipes import Recipe
from ..recipes.choice import recipe_for
from ..training import Step


def check_alone(estimator: BaseEstimator, *others: str) -> None:
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


def chosen(
    recipe: Recipe | str, table: Table, labels: int | None = None, *, classes: bool = False
) -> tuple[Recipe, str]:
    """Return the recipe for the rows of a table, and a sentence on who chose it; ``classes`` says
    whether the labels are classes."""
    given = table.given
    shape = tuple(given.shape) if hasattr(given, "shape") else (len(table), *_row_of(table))
    found, why = recipe_for(
        recipe,
        table=is_frame(given),
        features=int(np.prod(shape[1:])),
        rows=int(shape[0]),
        labels=labels,
        image=shape[1:] if len(shape) == 4 else None,
        classes=classes,
        text=isinstance(table.values, Frame) and bool(free_columns(table.values)),
    )
    if len(shape) == 4 and found.stack.takes_images and found.stack.in_shape is None:
        found = found.replace("stack.in_shape", shape[1:])
    return found, why


def _row_of(table: Table) -> tuple[int, ...]:
    values = table.values
    return tuple(values.space.shape) if hasattr(values, "space") else tuple(values.shape[1:])


def pretraining_of(
    recipe: Recipe,
    table: Table | None = None,
    preprocessing: Prepares = "auto",
    precision: str = "float32",
) -> dict[str, Any]:
    """Return the parameters of the Pretrainer that a recipe means; a preprocessing or a
    precision of one's own stand before the recipe's. Rows of a Source are taken as they are."""
    own = not isinstance(preprocessing, str) or (table is not None and is_source(table.values))
    return {
        "stack": recipe.stack,
        "plan": list(recipe.plan),
        "preprocessing": preprocessing if own else recipe.preprocessing.make(),
        "precision": recipe.precision if precision == "float32" else precision,
    }


def finetuning_of(
    recipe: Recipe,
    start: str = "pretrained",
    validation: float | int | str | None = None,
    precision: str = "float32",
) -> dict[str, Any]:
    """Return the parameters of the classifier or regressor that a recipe means, likewise."""
    return {
        "plan": list(plan_of(recipe, start)),
        "start": start,
        "validation": recipe.validation if validation is None else validation,
        "precision": recipe.precision if precision == "float32" else precision,
    }


def plan_of(recipe: Recipe, start: str) -> tuple[Step, ...]:
    """Return how an arm is fine-tuned: the control has a plan of its own where the recipe says
    so."""
    return recipe.control if start == "random" and recipe.control is not None else recipe.finetune


def take_over(estimator: BaseEstimator, fitted: BaseEstimator) -> None:
    """Give an estimator all that another one has learned."""
    parameters = set(estimator.get_params(deep=False))
    learned = {name: value for name, value in vars(fitted).items() if name not in parameters}
    vars(estimator).update(learned)
