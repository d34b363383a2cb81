"""The facts of a run, for the report."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
import torch
from sklearn.metrics import confusion_matrix

from .._durable import Facts
from .._indexing import rows_of
from .._version import __version__
from ..data.readers import Dataset, ReadRows
from ..display.model import in_plane, varied
from ..estimators import Model, Pretrainer
from ..recipes import Recipe
from ..training import Step
from .compression import compression
from .pictures import filters, pictures, sample
from .texts import text_facts

if TYPE_CHECKING:
    from .draw import Fit

MAP_ROWS = 2000
TSNE_ROWS = 600  # of them, the first ones: 2,000 took half of a small fit
TABLE_ROWS = 6


def fit_facts(found: Fit, result: Facts, context: Facts) -> Facts:
    """Return the facts of a run with labels."""
    (model, control), (first, second) = found.models, found.pair
    pretrainer, data = model._fitted_pretrainer(), found.rows.data
    study, pool = found.rows.study, found.single.draw.pool
    facts = _shared(data, found.test_X, found.recipe, pretrainer, result, context)
    facts["compression"] = compression(data.image_shape, pretrainer, study.X, pool, found.test_X)
    facts["headline"] = result["verdict"]
    facts["comparison"] = _comparison(result) | {"cause": first.cause}
    facts["history"] = {
        "pretraining": pretrainer.history_,
        "finetuning": {first.short: model.history_, second.short: control.history_},
    }
    # where nothing was pretrained, the codes are the trained net's
    encoder = pretrainer if pretrainer.history_ else model
    facts["codes"] = _codes(data.task, found.test_X, encoder, found.truth)
    if not pretrainer.history_ and data.image_shape is not None:
        facts["pictures"] |= filters(pretrainer, data.image_shape, model.module_)
    if data.task == "classification":
        facts["data"]["classes"] = sorted(str(c) for c in model.classes_)
        classes = np.unique(np.concatenate([model.classes_, found.truth]))
        # by number: classes that are called 1.5 and 2.5 are no targets of a regression
        true, said = (np.searchsorted(classes, one) for one in (found.truth, found.answers))
        matrix = confusion_matrix(true, said, labels=np.arange(len(classes)))
        facts["confusion"] = {
            "classes": [str(c) for c in classes],
            "matrix": matrix,
            "rows": "true",
            "columns": "predicted",
        }
    else:
        facts["residuals"] = {"true": found.truth, "predicted": found.answers}
    if not isinstance(found.test_X, np.ndarray):
        facts["texts"] = text_facts(
            data, found.test_X, found.truth, found.answers, pretrainer, model
        )
    facts["transfer"] = model.transfer_report_ if pretrainer.history_ else None
    return facts


def encoder_facts(
    data: Dataset,
    X: ReadRows,
    test_X: ReadRows,
    recipe: Recipe,
    model: Pretrainer,
    result: Facts,
    context: Facts,
) -> Facts:
    """Return the facts of a run without a target."""
    facts = _shared(data, test_X, recipe, model, result, context)
    facts["compression"] = compression(data.image_shape, model, X, np.arange(len(X)), test_X)
    facts["headline"] = {
        "kind": "none",
        "text": f"An encoder of {data.name}, learned from {result['rows']:,} rows. "
        "There is no target, so nothing says what it is worth.",
    }
    facts["history"] = {"pretraining": model.history_, "finetuning": {}}
    facts["codes"] = _codes(None, test_X, model, None)
    return facts


def _shared(
    data: Dataset,
    test_X: ReadRows,
    recipe: Recipe,
    pretrainer: Pretrainer,
    result: Facts,
    context: Facts,
) -> Facts:
    return {
        "title": data.name,
        "version": __version__,
        "metric_note": result.get("metric_note"),
        "luck": result.get("luck"),
        "command": context["command"],
        "data": {
            "name": data.name,
            "rows": result["rows"],
            "labels": result["labels"],
            "unlabelled": result["unlabelled"],
            "test_rows": result["test"]["rows"],
            "features": pretrainer.n_features_in_,
            "task": data.task,
            "classes": [],
            "target": data.target,
            "notes": [*(finding["text"] for finding in result["guards"]), *result["notes"]],
        },
        "run": run_facts(recipe, pretrainer, result["seed"]),
        "pictures": pictures(data.image_shape, test_X, pretrainer, recipe),
        "table_reconstruction": _table(data.image_shape, test_X, pretrainer),
        "seconds": result["seconds"],
    }


def run_facts(recipe: Recipe, pretrainer: Pretrainer, seed: int) -> Facts:
    """Return what was run, and on what."""
    return {
        "recipe": recipe.name,
        "stack": repr(recipe.stack),
        "plan": plan_words(recipe.plan),
        "finetune": plan_words(recipe.finetune),
        "control": plan_words(recipe.control or ()),
        "seed": seed,
        "parameters": sum(p.numel() for p in pretrainer.module_.parameters()),
        "settings": _settings(recipe) | getattr(pretrainer, "used_", {}),
        "versions": versions(),
        "machine": f"{machine()}, {torch.get_num_threads()} threads",
    }


def versions() -> dict[str, str]:
    """Return the versions that figures depend on."""
    packages = {name: version(name) for name in ("torch", "numpy", "scikit-learn")}
    return {"layerwise": __version__, "python": platform.python_version()} | packages


def machine() -> str:
    """Return the kind of machine in words."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"


def _settings(recipe: Recipe) -> Facts:
    inputs = recipe.preprocessing
    whitened = {"whitening": inputs.whitening, "epsilon": inputs.epsilon}
    contrast = {"contrast": "per row"} if inputs.contrast else {}
    settings = {"numbers": inputs.numbers} | contrast | (whitened if inputs.whitening else {})
    return settings | {"validation": str(recipe.validation)}


def plan_words(plan: Iterable[Step]) -> list[str]:
    """Return the steps of a plan as a reader would write them, without those of no epochs."""
    return [
        f"{step.objective!r} on {step.schedule!r} with {step.training!r}"
        for step in plan
        if getattr(step.schedule, "epochs", 1) != 0
    ]


def _comparison(result: Facts) -> Facts:
    test, seconds = result["test"], result["seconds"]
    return {
        "metric": result["metric"],
        "higher_is_better": result["higher_is_better"],
        "measures": result["measures"],
        "rows": [
            {
                "arm": result["arms"]["pretrained"],
                "value": test["pretrained"],
                "seconds": seconds["pretrain"] + seconds["finetune"],
            },
            {
                "arm": result["arms"]["random_start"],
                "value": test["random_start"],
                "seconds": seconds["random_start"],
            },
            *(
                {"arm": one["name"], "value": one["value"], "seconds": seconds[one["name"]]}
                for one in result["baselines"]
            ),
        ],
        "flags": result["flags"],
        "draws": None,
        "difference": result["difference"],
    }


def _table(
    shape: tuple[int, int, int] | None, test_X: ReadRows, pretrainer: Pretrainer
) -> Facts | None:
    if shape is not None or not hasattr(test_X, "columns") or pretrainer.why_no_decoder():
        return None
    few = rows_of(test_X, np.arange(min(TABLE_ROWS, len(test_X))))
    back = pretrainer.reconstruct(few)
    rows = back.rows() if hasattr(back, "rows") else np.asarray(back).tolist()
    return {"columns": list(few.columns), "original": few.rows(), "reconstruction": rows}


def _codes(task: str | None, test_X: ReadRows, encoder: Model, labels: np.ndarray | None) -> Facts:
    few = np.random.default_rng(0).permutation(sample(len(test_X), MAP_ROWS))
    codes = encoder.encode(rows_of(test_X, few))
    shown = ["" for _ in few] if labels is None else labels[few].tolist()
    close = varied(codes) and len(codes) > 30
    return {
        "method": "PCA",
        "points": in_plane(codes),
        "labels": [str(v) for v in shown] if task != "regression" else [float(v) for v in shown],
        "tsne": in_plane(codes[:TSNE_ROWS], "tsne") if close else None,
    }
