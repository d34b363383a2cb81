"""From a recipe to an estimator."""

from __future__ import annotations

from typing import Any, TypeAlias

from sklearn.frozen import FrozenEstimator

from ..recipes import Recipe
from .chosen import finetuning_of, pretraining_of
from .classifier import PretrainedClassifier
from .pretrainer import Pretrainer
from .regressor import PretrainedRegressor

# What is fitted, saved and loaded
Model: TypeAlias = Pretrainer | PretrainedClassifier | PretrainedRegressor


def make_pretrainer(recipe: Recipe, **settings: Any) -> Pretrainer:
    """Return the Pretrainer of a recipe; ``settings`` are its other parameters."""
    return Pretrainer(**pretraining_of(recipe), **settings)


def make_model(
    recipe: Recipe,
    task: str,
    *,
    start: str = "pretrained",
    pretrainer: FrozenEstimator | None = None,
    device: str = "auto",
    random_state: int | None = None,
    **settings: Any,
) -> PretrainedClassifier | PretrainedRegressor:
    """Return the classifier or regressor of a recipe.

    Parameters
    ----------
    recipe : Recipe
    task : {'classification', 'regression'}
    start : {'pretrained', 'random'}
    pretrainer : FrozenEstimator, optional
        A fitted one; by default the recipe's own, with the same device and seed.
    device, random_state
    settings
        Other parameters of the estimator; they stand before the recipe's.
    """
    kind = PretrainedClassifier if task == "classification" else PretrainedRegressor
    own = {"device": device, "random_state": random_state}
    given = make_pretrainer(recipe, **own) if pretrainer is None else pretrainer
    return kind(given, **(finetuning_of(recipe, start) | own | settings))
