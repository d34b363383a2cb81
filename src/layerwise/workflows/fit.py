"""Pretrain, fine-tune, and the control arm beside it: a study of one draw."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone

from .._commit import write_folder
from .._durable import Facts, jsonable
from .._errors import DataError
from .._indexing import rows_of
from ..data.preprocessing import Preprocessor
from ..data.readers import Dataset, ReadRows, declared, load_dataset
from ..estimators import Pretrainer, make_pretrainer
from ..evaluation import (
    Arm,
    EstimatorArm,
    Single,
    baselines,
    flags_of,
    judge_one,
    metric_of,
    run_single,
    single_draw,
)
from ..recipes import Recipe
from ..report import PAGE, report_files
from ..training import grown
from .arms import RecipeArm, recipe_arms
from .choices import resolve
from .facts import encoder_facts, fit_facts
from .guarded import Guarded, guarded
from .place import MODEL, claims_out, files_of

Tell = Callable[[str], None]

LINEAR = {"classification": "logistic regression", "regression": "ridge regression"}
TEST_SHARE = 0.2


@dataclass(frozen=True, eq=False)
class Fit:
    """What one draw gave: the rows, the recipe with its two arms and a linear model, and what came
    of them.

    Parameters
    ----------
    rows : Guarded
    recipe : Recipe
    arms : tuple of Arm
        Pretrained, its control, a linear model.
    single : Single
    notes : tuple of str
    """

    rows: Guarded
    recipe: Recipe
    arms: tuple[RecipeArm, RecipeArm, EstimatorArm]
    single: Single
    notes: tuple[str, ...]

    @property
    def models(self) -> tuple[Any, Any]:
        """The fitted estimators of the recipe's arms."""
        first, second = (self.single.answered[arm.name].model for arm in self.arms[:2])
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
        """Return the measure of each arm on the test rows."""
        metric = metric_of(self.single.outcome)
        return [self.single.record(arm)["measures"][metric] for arm in self.arms]

    def seconds(self) -> dict[str, float]:
        """Return where the time went."""
        first, second = (self.single.record(arm)["seconds"] for arm in self.arms[:2])
        return {
            "pretrain": first["prepare"],
            "finetune": first["fit"] + first["predict"],
            "random_start": second["fit"] + second["predict"],
        }


@claims_out
def fit(
    data: str,
    *,
    target: str | None = None,
    test: str | None = None,
    labels: int | None = None,
    recipe: str | None = None,
    changes: Sequence[str] = (),
    keep: Sequence[str] = (),
    seed: int = 0,
    out: str | Path = "layerwise-out",
    device: str = "auto",
    command: str = "",
    tell: Tell = lambda title: None,
) -> Facts:
    """Pretrain on every row, fine-tune on the labelled ones, compare with the random start; write a
    model and a report.

    It is a study of one draw of labels: the same guards, arms, measures and words as in
    ``compare``.

    Returns
    -------
    dict
        What ``layerwise fit --json`` prints.

    Raises
    ------
    LayerwiseError
        When the data, the settings or the place to write cannot be used.
    """
    out = Path(out)
    tell("reading")
    given = load_dataset(data, target=target, test=test)
    _check_labels(given, labels)
    rows = guarded(given, keep, draws=False)
    context = {"command": command, "seed": seed}
    if rows.rows is None:
        return _encoder(rows, recipe, changes, context, out, device, tell)
    found, why = fit_draw(rows, recipe, changes, labels=labels, seed=seed, device=device, tell=tell)
    began = time.perf_counter()
    result = facts_of(found, seed) | judge_one(found.single, *found.arms[:2])
    tested = rows.data.test.notes if rows.data.test is not None else ()
    result["notes"] = [why, *found.notes, *tested]
    files = files_of(found.models[0], about(rows, result))
    tell("report")
    files |= report_files(fit_facts(found, result, context | {"why": why}))
    write_folder(out, files)
    result["seconds"]["report"] = time.perf_counter() - began
    return jsonable(result | {"model": str(out / MODEL), "report": str(out / PAGE)})


def fit_draw(
    rows: Guarded,
    recipe: str | None = None,
    changes: Sequence[str] = (),
    *,
    labels: int | None = None,
    seed: int = 0,
    device: str = "auto",
    tell: Tell = lambda title: None,
) -> tuple[Fit, str]:
    """Fit both arms of a recipe and a linear model on one draw; also say who chose the recipe."""
    draw, notes = single_draw(rows.study, labels, seed)
    chosen, why = resolve(rows.data, recipe, changes, labels=len(draw.order), rows=len(draw.pool))
    pair = recipe_arms(chosen, rows.study.task, device)
    linear = LINEAR[rows.study.task]
    (baseline,), _ = baselines(rows.study.task, len(draw.pool), Preprocessor(), [linear])

    def began(arm: Arm, what: str) -> None:
        if arm is pair[0]:
            tell("pretraining" if what == "prepare" else "fine-tuning")
        elif what == "fit":
            tell(pair[1].short if arm is pair[1] else "comparing")

    single = run_single(rows.study, [*pair, baseline], draw, began)
    models = [single.answered[arm.name].model for arm in pair]
    for model in models:
        _handed_over(model, rows.values)
    notes += _dropped(models[0]._fitted_pretrainer())
    notes += grown(models[0]._fitted_pretrainer().history_)
    for arm, model in zip(pair, models, strict=True):
        notes += [f"{arm.short}: {text}" for text in grown(model.history_)]
    found = Fit(rows, chosen, (pair[0], pair[1], baseline), single, (*rows.data.notes, *notes))
    return found, why


def _handed_over(model: Any, values: Sequence[object] | None) -> None:
    """Turn a study's model into a user's: it answers with the data's own classes, takes empty cells
    for missing labels, and pretrains again when it is fitted again."""
    if values:
        model.classes_ = np.array(values)[model.classes_]
    fitted = model._fitted_pretrainer()
    model.pretrainer_ = fitted
    model.set_params(pretrainer=clone(fitted), unlabeled="missing")


def facts_of(found: Fit, seed: int) -> Facts:
    """Return what was run and what it gave as plain data."""
    first, second, baseline = found.arms
    scores, draw = found.scores(), found.single.draw
    return {
        "task": found.rows.study.task,
        "metric": metric_of(found.single.outcome),
        "recipe": found.recipe.name,
        "arms": {"pretrained": first.short, "random_start": second.short},
        "seed": seed,
        "rows": len(draw.pool),
        "labels": len(draw.order),
        "unlabelled": len(draw.pool) - len(draw.order),
        "test": {"rows": len(draw.test), "pretrained": scores[0], "random_start": scores[1]},
        "seconds": found.seconds(),
        "baseline": {"name": baseline.name, "value": scores[2]},
        "flags": flags_of(scores[1], (baseline.name, scores[2]), first),
        "guards": [finding.as_dict() for finding in found.rows.findings],
    }


def about(rows: Guarded, result: Facts) -> Facts:
    """Return what a model folder keeps about the run."""
    kept = ("recipe", "seed", "rows", "labels", "metric", "test")
    return {
        "data": rows.data.name,
        "task": rows.data.task,
        "target": rows.data.target,
        "image_shape": rows.data.image_shape,
        "left_out": list(rows.left_out),
        "result": {name: result[name] for name in kept if name in result},
    }


def _check_labels(data: Dataset, labels: int | None) -> None:
    """Refuse what a draw cannot be made of, in the words of the data."""
    if data.y is None:
        if labels is not None:
            raise DataError(
                f"--labels {labels} was given, but {data.name!r} has no target.",
                "Name the target column with --target.",
            )
        return
    known = {value for value in data.y.tolist() if value is not None and value == value}
    if not known:
        raise DataError(
            f"None of the {len(data.y):,} rows of {data.name!r} has a label in {data.target!r}.",
            "Fill in some cells of the target, or leave --target out to learn an encoder alone.",
        )
    if data.task == "classification" and len(known) < 2:
        raise DataError(
            f"All labelled rows of {data.name!r} are of one class, {next(iter(known))!r}; at least "
            "two classes are needed.",
            "Label rows of another class.",
        )


def _encoder(
    rows: Guarded,
    recipe: str | None,
    changes: Sequence[str],
    context: Facts,
    out: Path,
    device: str,
    tell: Tell,
) -> Facts:
    """Pretrain alone: an encoder for embed, reconstruct and score."""
    data, notes = rows.data, list(rows.data.notes)
    X, test_X = data.X, data.test.X if data.test is not None else None
    if test_X is None:
        X, test_X = _held_out(data, context["seed"])
        notes.append(
            f"{len(test_X):,} rows were held out for the test; pretraining does not see them."
        )
    chosen, why = resolve(data, recipe, changes, rows=len(X))
    tell("pretraining")
    began = time.perf_counter()
    model = make_pretrainer(chosen, random_state=context["seed"], device=device).fit(declared(X))
    seconds = {"pretrain": time.perf_counter() - began}
    reason = model.why_no_decoder()
    score = None if reason else model.score(test_X)
    result = {
        "task": None,
        "metric": "score",
        "recipe": chosen.name,
        "seed": context["seed"],
        "rows": len(X),
        "labels": 0,
        "unlabelled": len(X),
        "test": {"rows": len(test_X), "pretrained": score},
        "seconds": seconds,
        "guards": [finding.as_dict() for finding in rows.findings],
        "notes": [
            why,
            *notes,
            *([reason] if reason else ()),
            *_dropped(model),
            *grown(model.history_),
        ],
    }
    files = files_of(model, about(rows, result))
    tell("report")
    context |= {"why": why}
    files |= report_files(encoder_facts(data, test_X, chosen, model, result, context))
    write_folder(out, files)
    return jsonable(result | {"model": str(out / MODEL), "report": str(out / PAGE)})


def _held_out(data: Dataset, seed: int) -> tuple[ReadRows, ReadRows]:
    """Return rows to learn from, and a fifth to look at."""
    rows = np.random.default_rng(seed).permutation(len(data))
    held = max(1, round(TEST_SHARE * len(data)))
    return rows_of(data.X, np.sort(rows[held:])), rows_of(data.X, np.sort(rows[:held]))


def _dropped(model: Pretrainer) -> list[str]:
    return list(getattr(model.preprocessing_, "notes_", []))
