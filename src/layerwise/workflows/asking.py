"""Labels that are asked for rather than drawn: strategies as arms of a study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.linear_model import LogisticRegression, Ridge

from .._durable import Facts
from .._errors import ParameterError
from ..artifacts import load, save
from ..data.reading import Given as Rows
from ..estimators import make_pretrainer
from ..evaluation import Arm, StudyData
from ..evaluation.arms import described, seeded
from ..evaluation.design import Draw
from ..evaluation.grids import ridges, sparse_penalties
from ..evaluation.trial import Given
from ..labelling import Candidates, Random, Strategy, strategy_named
from ..labelling.ensemble import predictions, probabilities, scaled
from ..recipes import Recipe
from .arms import RecipeArm

LEAST = 10  # labels that are asked for at a time, or half of those that are there
CHANCE = "random"


class AskingArm(Arm):
    """A linear model on the codes of an encoder, with labels that a strategy asks for.

    All strategies of a draw begin with its first labels. Then they ask, ten rows at a time or half
    as many as have a label, always with a linear model of the codes on what is known so far; what a
    budget has is part of what a larger one has.

    Parameters
    ----------
    strategy : Strategy
    recipe : Recipe
        Whose encoder is pretrained on the rows of a draw.
    task : {'classification', 'regression'}
    classes, first : int
        Classes of the study (0 for a regression), and the labels to begin with.
    codes : transformer, optional
        That knows the codes, in place of the recipe.
    device : str
    """

    cause = "choosing the labels"
    instead = "drawn at random"

    def __init__(
        self,
        strategy: Strategy,
        recipe: Recipe,
        task: str,
        *,
        classes: int,
        first: int,
        codes: TransformerMixin | None = None,
        device: str = "auto",
    ) -> None:
        self.strategy, self.recipe, self.task, self.codes = strategy, recipe, task, codes
        self.classes, self.first, self.device = classes, first, device
        self.keeps = codes is None
        self.name = self.group = name_of(strategy)
        chance = isinstance(strategy, Random)
        self.role = "control" if chance else "pretrained"
        self.against = None if chance else CHANCE
        self.encoder = RecipeArm(recipe, task, "pretrained", device)
        self.asked: dict[int, np.ndarray] = {}

    def spec(self) -> Facts:
        asks = {
            "strategy": self.strategy.to_dict(),
            "first": self.first,
            "step": LEAST,
            "kept": True,
        }
        return self.encoder.spec() | {"codes": self.shared()} | asks

    def settings(self, count: int, labels: int) -> list[dict[str, Any]]:
        grid = sparse_penalties if self.classes else ridges
        return grid(labels, self.classes)[: max(count, 3)]

    def shared(self) -> str:
        return self.encoder.shared() if self.codes is None else described(self.codes)

    def prepare(self, X: Rows, seed: int) -> Any:
        if self.codes is not None:
            return seeded(clone(self.codes), seed).fit(X)
        return make_pretrainer(self.recipe, random_state=seed, device=self.device).fit(X)

    def inputs(self, prepared: Any, X: Rows) -> np.ndarray:
        return np.asarray(prepared.transform(X), dtype=np.float64)

    def make(self, prepared: Any, setting: Mapping[str, object], seed: int) -> BaseEstimator:
        linear = LogisticRegression(max_iter=2000) if self.classes else Ridge()
        return seeded(linear.set_params(**setting), seed)

    def keep(self, prepared: Any, folder: Path) -> None:
        save(prepared, folder)

    def recall(self, folder: Path) -> Any:
        return load(folder).set_params(device=self.device)

    def labels(self, given: Given, data: StudyData, draw: Draw, budget: int) -> np.ndarray:
        """Return the first labels of the draw, and those that were asked for."""
        known = self.asked.get(draw.index, draw.order[: self.first])
        while len(known) < min(budget, len(draw.order)):
            known = np.concatenate([known, self._next(given, data, draw, known)])
        self.asked = {draw.index: known}
        return known[:budget]

    def _next(self, given: Given, data: StudyData, draw: Draw, known: np.ndarray) -> np.ndarray:
        """Return the rows to ask about next, of those whose label the study knows."""
        places = np.searchsorted(draw.pool, draw.order)
        codes, y = given.pool[places], data.y[draw.order]
        labelled = np.flatnonzero(np.isin(draw.order, known))
        says: dict[str, Any] = {}
        if self.classes:
            says["probabilities"] = probabilities(scaled(codes), y, labelled, self.classes)
        else:
            says["predictions"] = predictions(scaled(codes), y, labelled, draw.seed)
        pool = Candidates(codes, labelled=labelled, **says)
        n = min(max(LEAST, len(known) // 2), len(draw.order) - len(known))
        found = self.strategy.choose(pool, n, draw.seed + len(known))
        return draw.order[[query.row for query in found]]


def asking_arms(
    names: Sequence[str],
    recipe: Recipe,
    data: StudyData,
    *,
    smallest: int | None = None,
    codes: TransformerMixin | None = None,
    device: str = "auto",
) -> list[AskingArm]:
    """Return an arm for each strategy, and one that draws at random; they begin with half of the
    smallest budget, at least a label a class.

    Raises
    ------
    ParameterError
        For an unknown strategy, one that does not fit the task, or where nothing but chance was
        named.
    """
    if isinstance(names, str):
        names = [name.strip() for name in names.split(",")]
    strategies = [strategy_named(name) for name in dict.fromkeys(names)]
    chosen = [one for one in strategies if not isinstance(one, Random)]
    if not chosen:
        raise ParameterError(
            "--choose names no strategy beside chance.",
            "For example --choose typical-then-margin,margin",
        )
    smallest = smallest or max(10, 2 * len(data.classes))
    first = max(len(data.classes), 2, smallest // 2)
    if first >= smallest:
        raise ParameterError(
            f"With {smallest:,} labels of {len(data.classes)} classes nothing is left to choose: "
            "each class has a label to begin with.",
            f"Choose budgets from {2 * len(data.classes)} on (--labels).",
        )
    if codes is None and not _learns(recipe):
        raise ParameterError(
            f"The recipe {recipe.name!r} learns nothing before it has labels: its codes would be "
            "those of random weights.",
            "Name one that pretrains, such as simclr or stacked_denoising_autoencoder.",
        )
    lacking = "predictions" if data.classes else "probabilities"
    for one in chosen:
        if one.needs == lacking:
            raise ParameterError(
                f"The strategy {name_of(one)!r} is not for a {data.task}.",
                "Take coverage, typical or typical-then-margin.",
            )
    about: dict[str, Any] = {
        "classes": len(data.classes),
        "first": first,
        "codes": codes,
        "device": device,
    }
    return [AskingArm(one, recipe, data.task, **about) for one in (*chosen, Random())]


def _learns(recipe: Recipe) -> bool:
    """Say whether a recipe's encoder learns without labels."""
    depth = len(recipe.stack.stages)
    return any(phase.epochs for step in recipe.plan for phase in step.schedule.phases(depth))


def name_of(strategy: Strategy) -> str:
    """Return a strategy's name as the command line has it."""
    from ..labelling.strategy import dashed

    return dashed(type(strategy).__name__)
