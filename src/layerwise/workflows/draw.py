"""One draw of labels: both arms of a recipe and a linear model, and what came of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from sklearn.base import clone

from .._durable import Facts
from ..data.readers import ReadRows
from ..estimators import Pretrainer, make_pretrainer
from ..evaluation import (
    Arm,
    Cells,
    EstimatorArm,
    Single,
    StudyData,
    Texts,
    baselines,
    flags_of,
    judge_one,
    metric_named,
    run_single,
    single_draw,
)
from ..evaluation.design import Draw
from ..recipes import Recipe
from ..training import Clock, limited_by, phases_that_ran, probing, troubles
from .arms import RecipeArm, recipe_arms
from .choices import resolve
from .codes import frozen_arm
from .columns import plain_columns, texts_of
from .features import features_of
from .guarded import Guarded
from .time_limit import cut_notes, planned
from .timing import Work
from .weights import Weights, weighed, weight_note

Tell = Callable[[str], None]

# What is simpler than a network, fitted beside it: a guess, a linear model, a forest
SIMPLE = {
    "classification": ("majority", "logistic regression", "random forest"),
    "regression": ("mean", "ridge regression", "random forest"),
}
SIMPLE_OF_TEXT = {
    "classification": ("majority", "TF-IDF + logistic regression"),
    "regression": ("mean", "TF-IDF + ridge regression"),
}


@dataclass(frozen=True, eq=False)
class Fit:
    """What one draw gave: the rows, the recipe with its two arms and what is simpler, and what came
    of them.

    Parameters
    ----------
    rows : Guarded
    recipe : Recipe
    pair : tuple of RecipeArm
        Pretrained, and its control.
    simple : tuple of EstimatorArm
        A guess, a linear model, a forest.
    single : Single
    notes : tuple of str
    metric : str, optional
        By default what suits the data.
    """

    rows: Guarded
    recipe: Recipe
    pair: tuple[RecipeArm, RecipeArm]
    simple: tuple[EstimatorArm, ...]
    single: Single
    notes: tuple[str, ...]
    metric: str | None = None

    @property
    def arms(self) -> tuple[Arm, ...]:
        """All arms, the recipe's first."""
        return (*self.pair, *self.simple)

    @property
    def models(self) -> tuple[Any, Any]:
        """The fitted estimators of the recipe's arms."""
        first, second = (self.single.answered[arm.name].model for arm in self.pair)
        return first, second

    @property
    def test_X(self) -> ReadRows:
        """The test rows."""
        data = self.rows.study
        return data.test_X if data.test_y is not None else data.rows(self.single.draw.test)

    @property
    def truth(self) -> np.ndarray:
        """Labels of the test rows, as the data spell them."""
        data = self.rows.study
        known = data.test_y if data.test_y is not None else data.y[self.single.draw.test]
        return np.array(self.rows.values)[known] if self.rows.values else known

    @property
    def answers(self) -> np.ndarray:
        """What the pretrained arm answers on the test rows, likewise."""
        given = self.single.answered[self.arms[0].name].answer
        return np.array(self.rows.values)[given] if self.rows.values else given

    def scores(self) -> list[float]:
        """Return the measure of each arm on the test rows, in the metric's own units."""
        budget = len(self.single.draw.order)
        return [self.cells.level(arm.name, budget).mean for arm in self.arms]

    @cached_property
    def cells(self) -> Cells:
        """The row scores of every arm under the metric that judges."""
        asked = self.metric and metric_named(self.metric, self.rows.study.task)
        return Cells(self.single.outcome, asked or None)

    def judged(self) -> Facts:
        """Return the difference of the recipe's arms and the verdict."""
        return judge_one(self.single, self.cells, *self.pair, self.simple)

    def epochs(self) -> dict[str, list[Facts]]:
        """Return the phases that ran, with their epochs and steps."""
        model, control = self.models
        return {
            "pretrain": phases_that_ran(model._fitted_pretrainer().history_),
            "finetune": phases_that_ran(model.history_),
            "random_start": phases_that_ran(control.history_),
        }

    def seconds(self) -> dict[str, float]:
        """Return where the time went."""
        first, second = (self.single.record(arm)["seconds"] for arm in self.pair)
        return {
            "pretrain": first["prepare"],
            "finetune": first["fit"] + first["predict"],
            "random_start": second["fit"] + second["predict"],
        } | {arm.name: sum(self.single.record(arm)["seconds"].values()) for arm in self.simple}


def _simple(rows: Guarded, pool: int) -> list[EstimatorArm]:
    """Return what is fitted beside the network."""
    task, texts = rows.study.task, texts_of(rows.data)
    names = (SIMPLE if texts is Texts.NONE else SIMPLE_OF_TEXT)[task]
    found, _ = baselines(task, pool, plain_columns(rows.data), names, texts=texts)
    return found


def fit_draw(
    rows: Guarded,
    recipe: str | None = None,
    changes: Sequence[str] = (),
    *,
    labels: int | None = None,
    class_weight: Weights = None,
    metric: str | None = None,
    seed: int = 0,
    device: str = "auto",
    tell: Tell = lambda title: None,
    say: Tell | None = None,
    until: float | None = None,
    probe: bool = True,
    encoder: str | None = None,
) -> tuple[Fit, str]:
    """Fit both arms of a recipe and simpler ones on one draw; also say who chose the recipe.

    With ``say`` or ``until`` the time is measured first: said, and cut to the limit. ``probe`` says
    whether pretraining is probed on the labelled rows while it runs. With an ``encoder`` that
    somebody else has trained, a linear model on its codes is fitted beside.
    """
    draw, notes = single_draw(rows.study, labels, seed)
    chosen, why = resolve(
        rows.data, recipe, changes, labels=len(draw.order), rows=len(draw.pool), encoder=encoder
    )
    work = Work(chosen, rows.study.rows(draw.pool), *_labels(rows.study, draw), device, seed)
    chosen, times, cut = planned(work, say, until)
    notes += cut
    clock = Clock()
    pair = recipe_arms(chosen, rows.study.task, device, class_weight)
    simple = _simple(rows, len(draw.pool))
    if encoder is not None:
        borrowed, _ = resolve(rows.data, None, (), encoder=encoder)
        frozen = make_pretrainer(borrowed, random_state=seed, device=device)
        simple.append(frozen_arm(frozen, rows.study.task, len(rows.study.classes)))
    if class_weight is not None:
        both = [weighed(arm, class_weight) for arm in simple]
        simple = [arm for arm, _ in both]
        takes = [arm.name for arm, weighs in both if weighs]
        notes.append(weight_note(class_weight, rows.values, takes))

    def began(arm: Arm, what: str) -> None:
        if times is not None:
            clock.allow(times.pretrain if what == "prepare" else times.finetune)
        if arm is pair[0]:
            tell("pretraining" if what == "prepare" else "fine-tuning")
        elif what == "fit" and arm in (pair[1], simple[0]):
            tell(pair[1].short if arm is pair[1] else "comparing")

    probed = probing(*_probed(rows.study, draw)) if probe else nullcontext()
    with limited_by(clock), probed:
        single = run_single(rows.study, [*pair, *simple], draw, began)
    models = [single.answered[arm.name].model for arm in pair]
    for model in models:
        _handed_over(model, rows.values)
    notes += dropped_columns(models[0]._fitted_pretrainer())
    notes += cut_notes(
        {
            "pretraining": models[0]._fitted_pretrainer().history_,
            "the fine-tuning of the pretrained arm": models[0].history_,
            "the random start": models[1].history_,
        }
    )
    notes += troubles(models[0]._fitted_pretrainer().history_)
    for arm, model in zip(pair, models, strict=True):
        notes += [f"{arm.short}: {text}" for text in troubles(model.history_)]
    if rows.study.test_X is not None:
        told = models[0]._fitted_pretrainer().outside(rows.study.test_X)
        notes += [f"Test rows: {text}" for text in told]
    fitted = (pair[0], pair[1]), tuple(simple)
    return Fit(rows, chosen, *fitted, single, (*rows.data.notes, *notes), metric), why


def _labels(data: StudyData, draw: Draw) -> tuple[np.ndarray, np.ndarray]:
    """Return the labels of the rows to learn from, and which of them are shown."""
    shown = np.searchsorted(draw.pool, np.sort(draw.order))
    return data.y[draw.pool], shown


def _probed(data: StudyData, draw: Draw) -> tuple[np.ndarray, np.ndarray]:
    """Return the places of the labelled rows among those that are learned from, and their
    labels."""
    places = np.searchsorted(draw.pool, np.sort(draw.order))
    return places, data.y[np.sort(draw.order)]


def _handed_over(model: Any, values: Sequence[object] | None) -> None:
    """Turn a study's model into a user's: it answers with the data's own classes, takes empty cells
    for missing labels, and pretrains again when it is fitted again."""
    if values:
        if isinstance(given := getattr(model, "class_weight", None), dict):
            model.set_params(class_weight={values[i]: weight for i, weight in given.items()})
        model.classes_ = np.array(values)[model.classes_]
    fitted = model._fitted_pretrainer()
    model.pretrainer_ = fitted
    model.set_params(pretrainer=clone(fitted), unlabeled="missing")


def facts_of(found: Fit, seed: int) -> Facts:
    """Return what was run and what it gave as plain data."""
    (first, second), simple = found.pair, found.simple
    (pretrained, random, *values), draw = found.scores(), found.single.draw
    return {
        "task": found.rows.study.task,
        "metric": found.cells.metric.name,
        "higher_is_better": found.cells.metric.higher_is_better,
        "recipe": found.recipe.name,
        "arms": {"pretrained": first.short, "random_start": second.short},
        "seed": seed,
        "rows": len(draw.pool),
        "labels": len(draw.order),
        "unlabelled": len(draw.pool) - len(draw.order),
        "test": {"rows": len(draw.test), "pretrained": pretrained, "random_start": random},
        "seconds": found.seconds(),
        "baselines": [
            {"name": arm.name, "value": value} for arm, value in zip(simple, values, strict=True)
        ],
        "measures": measures_of(found),
        "epochs": found.epochs(),
        "flags": weak_control(found),
        "guards": [finding.as_dict() for finding in found.rows.findings],
    }


def measures_of(found: Fit) -> list[Facts]:
    """Return every measure of each arm on the test rows."""
    rows = []
    for arm in found.arms:
        measures = found.single.record(arm)["measures"]
        rows.append({"arm": arm.name, "role": arm.role} | measures)
    return rows


def weak_control(found: Fit) -> list[str]:
    """Return a warning when the control is much worse than the linear model."""
    cells, budget = found.cells, len(found.single.draw.order)
    control, linear = found.pair[1], found.simple[1]
    gap = cells.metric.sign * (
        cells.level(linear.name, budget).mean - cells.level(control.name, budget).mean
    )
    return flags_of(gap, cells.region(control.name, budget), linear.name, found.pair[0])


def about(rows: Guarded, result: Facts) -> Facts:
    """Return what a model folder keeps about the run."""
    kept = ("recipe", "seed", "rows", "labels", "metric", "test")
    return {
        "data": rows.data.name,
        "task": rows.data.task,
        "target": rows.data.target,
        "image_shape": rows.data.image_shape,
        "white": rows.data.white,
        "id": rows.data.id_column,
        "left_out": list(rows.left_out),
        "features": [] if rows.data.image_shape is not None else features_of(rows.data.X),
        "result": {name: result[name] for name in kept if name in result},
    }


def dropped_columns(model: Pretrainer) -> list[str]:
    """Return notes on the columns that the preprocessing left out."""
    return list(getattr(model.preprocessing_, "notes_", []))
