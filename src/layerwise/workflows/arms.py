"""Recipes as arms of a study: pretrained, and the same network from random weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from sklearn.frozen import FrozenEstimator

from .._durable import Facts
from .._errors import ParameterError
from .._spec import Spec
from ..artifacts import load, save
from ..data.reading import Given
from ..estimators import Model, Pretrainer, make_model, make_pretrainer
from ..estimators.chosen import plan_of
from ..evaluation import Arm
from ..evaluation.arms import own_code
from ..objective import Supervised, Synthetic
from ..recipes import Recipe
from ..schedule import HeadOnly
from ..training import EVERYTHING, Step, default_rate, device_of, precision_of
from .weights import Weights

# Factors on the recipe's fine-tuning rates: the settings to choose from, for both arms
RATES = (1.0, 0.3, 3.0, 0.1)


# What the two arms are called, what the first has, and how the second began; a recipe with a
# control of its own differs in more than its start.
PRETRAINING = {
    "pretrained": "pretrained",
    "random": "random start",
    "cause": "pretraining",
    "instead": "from random weights",
}
UNLABELLED = {
    "pretrained": "with unlabelled rows",
    "random": "labels alone",
    "cause": "learning from the unlabelled rows",
    "instead": "from the labels alone",
}


class RecipeArm(Arm):
    """A recipe, pretrained or from random weights.

    Parameters
    ----------
    recipe : Recipe
    task : {'classification', 'regression'}
    start : {'pretrained', 'random'}
    device : str
    class_weight : 'balanced', dict of int to float or None
    """

    keeps = True

    def __init__(
        self,
        recipe: Recipe,
        task: str,
        start: str,
        device: str = "auto",
        class_weight: Weights = None,
    ) -> None:
        words = PRETRAINING if recipe.control is None else UNLABELLED
        self.recipe, self.task, self.start, self.device = recipe, task, start, device
        self.class_weight = class_weight
        self.short, self.group = words[start], recipe.name
        self.name = f"{recipe.name}, {self.short}"
        self.cause, self.instead = words["cause"], words["instead"]
        self.role = "pretrained" if start == "pretrained" else "control"
        self.against = f"{recipe.name}, {words['random']}" if start == "pretrained" else None
        self.pays = start == "pretrained"
        self.learns_from = "all" if any(_needs_rows(step) for step in self.plan()) else "labelled"

    def plan(self) -> tuple[Step, ...]:
        """Return how this arm is fine-tuned."""
        return plan_of(self.recipe, self.start)

    def spec(self) -> Facts:
        recipe = {"spec": self.recipe.to_dict(), "own": own_parts(self.recipe)}
        device = device_of(self.device)
        where = {
            "torch": torch.__version__,
            "device": str(device),
            "precision": str(precision_of(self.recipe.precision or "float32", device)),
        }
        weighs = {} if self.class_weight is None else {"class_weight": repr(self.class_weight)}
        own = {"recipe": recipe, "start": self.start, "task": self.task, "rates": RATES}
        return own | where | weighs

    def settings(self, count: int, labels: int) -> list[dict[str, Any]]:
        return [{"rate": factor} for factor in RATES[:count]]

    def shared(self) -> str:
        about = self.recipe.to_dict() | {"own": own_parts(self.recipe)}
        learned = sorted(
            (name, about[name])
            for name in about
            if name not in ("finetune", "control", "validation")
        )
        return repr((learned, torch.__version__, str(device_of(self.device))))

    def prepare(self, X: Given, seed: int) -> Pretrainer:
        return make_pretrainer(self.recipe, random_state=seed, device=self.device).fit(X)

    def make(self, prepared: Pretrainer, setting: Mapping[str, object], seed: int) -> Model:
        marker = -1 if self.task == "classification" else np.nan
        weighs = {} if self.class_weight is None else {"class_weight": self.class_weight}
        return make_model(
            self.recipe,
            self.task,
            start=self.start,
            pretrainer=FrozenEstimator(prepared),
            plan=[scaled(step, cast(float, setting["rate"])) for step in self.plan()],
            unlabeled=marker if self.learns_from == "all" else None,
            device=self.device,
            random_state=seed,
            **weighs,
        )

    def keep(self, prepared: Pretrainer, folder: Path) -> None:
        save(prepared, folder)

    def recall(self, folder: Path) -> Model:
        return load(folder).set_params(device=self.device)


class SyntheticArm(RecipeArm):
    """A pretrained recipe that is fine-tuned on real and made-up rows, or, as its control, on the
    real ones alone: the same start, network, steps and rows a step.

    Parameters
    ----------
    how : {'mix', 'posterior'}, optional
        Of :class:`layerwise.Synthetic`; None: real rows alone.
    """

    def __init__(
        self, recipe: Recipe, task: str, how: str | None, device: str = "auto", share: float = 0.5
    ) -> None:
        if how is not None:
            steps = tuple(_with_made_up(step, how, share) for step in recipe.finetune)
            if steps == recipe.finetune:
                raise ParameterError(
                    f"The recipe {recipe.name!r} has no step in which a whole network learns from "
                    "labels alone, so made-up rows have no place in it.",
                    "Name another one, such as variational_autoencoder.",
                )
            recipe = replace(recipe, finetune=steps)
        super().__init__(recipe, task, "pretrained", device)
        self.begins_alike = True
        control = f"{recipe.name}, real rows alone"
        self.short = "real rows alone" if how is None else "real and made-up rows"
        self.name = f"{recipe.name}, {self.short}"
        self.role, self.against = ("control", None) if how is None else ("pretrained", control)
        self.cause, self.instead = "making rows up", "from the real rows alone"


def synthetic_arms(recipe: Recipe, task: str, how: str, device: str = "auto") -> list[RecipeArm]:
    """Return a recipe's arms with made-up rows and without."""
    return [SyntheticArm(recipe, task, way, device) for way in (how, None)]


def _with_made_up(step: Step, how: str, share: float) -> Step:
    """Return a step whose labels are learned from made-up rows too, where it trains stages."""
    if isinstance(step.schedule, HeadOnly):
        return step
    made = tuple(
        Synthetic(one, how, share=share) if isinstance(one, Supervised) else one
        for one in step.objectives
    )
    return replace(step, objective=made[0] if len(made) == 1 else made)


def own_parts(value: object) -> list[str]:
    """Return the classes in a recipe that are somebody's own, with a hash of what they do."""
    if isinstance(value, tuple):
        return sorted({name for item in value for name in own_parts(item)})
    if not isinstance(value, Spec):
        return []
    code = own_code(type(value))
    inner = own_parts(tuple(value.get_params(deep=False).values()))
    return sorted({*inner, *([f"{type(value).__qualname__}{code}"] if code else [])})


def recipe_arms(
    recipe: Recipe, task: str, device: str = "auto", class_weight: Weights = None
) -> list[RecipeArm]:
    """Return a recipe's two arms: they differ in their start alone, or in its control plan where it
    has one."""
    return [
        RecipeArm(recipe, task, start, device, class_weight) for start in ("pretrained", "random")
    ]


def scaled(step: Step, factor: float) -> Step:
    """Return a step with its learning rate times a factor."""
    if factor == 1.0:
        return step
    training = step.training or EVERYTHING
    rate = (
        training.learning_rate
        if training.learning_rate is not None
        else default_rate(training.optimiser)
    )
    rates = tuple(one * factor for one in rate) if isinstance(rate, tuple) else rate * factor
    return replace(step, training=replace(training, learning_rate=rates))


def _needs_rows(step: Step) -> bool:
    """Say whether a step of fine-tuning learns from rows without labels too."""
    return any(objective.needs in ("both", "rows") for objective in step.objectives)
