"""Pretrain, fine-tune, and the control arm beside it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .._durable import jsonable
from .._errors import DataError, FileError
from ..artifacts import save
from ..data.readers import load_dataset
from ..estimators import make_model, make_pretrainer
from ..recipes import Recipe
from ..report import write_report
from .choices import resolve
from .facts import encoder_facts, fit_facts
from .judge import compare, flags_of, floor
from .problem import Problem, make_problem
from .words import words_of

Tell = Callable[[str], None]

ARMS = ("pretrained", "random_start")
LABELS = ("Supervised", "Combined", "PseudoLabels", "Ladder")  # objectives of fine-tuning


@dataclass(frozen=True)
class Arms:
    """The two fitted models, what they answered on the test part, and the seconds they took."""

    pretrained: Any
    random_start: Any
    scores: dict[str, float]
    answers: dict[str, np.ndarray]
    seconds: dict[str, float]


def fit(
    data: str,
    *,
    target: str | None = None,
    test: str | None = None,
    labels: int | None = None,
    recipe: str | None = None,
    changes: Sequence[str] = (),
    seed: int = 0,
    out: str | Path = "layerwise-out",
    device: str = "auto",
    command: str = "",
    tell: Tell = lambda title: None,
) -> dict[str, Any]:
    """Pretrain on every row, fine-tune on the labelled ones, compare with the random start; write a
    model and a report.

    Returns
    -------
    dict
        What ``layerwise fit --json`` prints.

    Raises
    ------
    LayerwiseError
        When the data, the settings or the place to write cannot be used.
    """
    out = writable(Path(out))
    tell("reading")
    problem = make_problem(load_dataset(data, target=target, test=test), labels=labels, seed=seed)
    labelled = None if problem.task is None else len(problem.labelled)
    chosen, why = resolve(problem, recipe, changes, labels=labelled)
    context = {"command": command, "seed": seed, "why": why}
    if problem.task is None:
        return _encoder(problem, chosen, context, out, device, tell)
    arms = run_arms(problem, chosen, seed=seed, device=device, tell=tell)
    tell("comparing")
    verdict = compare(problem, arms.answers, arms.scores, words_of(chosen))
    baseline = floor(problem, arms.pretrained)
    began = time.perf_counter()
    result = result_of(problem, chosen, seed, arms) | {
        "difference": verdict["difference"],
        "verdict": verdict["headline"],
    }
    dropped = getattr(arms.pretrained.pretrainer_.preprocessing_, "notes_", [])
    result |= {
        "baseline": baseline,
        "notes": [why, *problem.notes, *dropped],
        "flags": flags_of(arms.scores["random_start"], baseline, words_of(chosen)),
    }
    result |= {"model": str(save(arms.pretrained, out / "model", about=about(problem, result)))}
    tell("report")
    report = write_report(fit_facts(problem, chosen, arms, result, context), out)
    result["seconds"]["report"] = time.perf_counter() - began
    return jsonable(result | {"report": str(report)})


def writable(out: Path) -> Path:
    """Make the folder for the results now: a fault there should not wait for the end of the
    training."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise FileError(
            f"Cannot write to {str(out)!r}: {error.strerror or error}.", "Choose another --out."
        ) from error
    return out


def run_arms(
    problem: Problem,
    recipe: Recipe,
    *,
    seed: int,
    device: str = "auto",
    tell: Tell = lambda title: None,
) -> Arms:
    """Fit the pretrained model and the control, which differs in its start alone, and score both on
    the test part."""
    models: dict[str, Any] = {}
    scores: dict[str, float] = {}
    answers: dict[str, np.ndarray] = {}
    seconds: dict[str, float] = {}
    truth = problem.test_y
    assert truth is not None
    for arm in ARMS:
        title = "pretraining" if arm == "pretrained" else words_of(recipe).second
        tell(title)
        model = make_model(
            recipe,
            problem.task or "classification",
            start="pretrained" if arm == "pretrained" else "random",
            unlabeled="missing",
            random_state=seed,
            device=device,
        )
        clock = _Clock(tell if arm == "pretrained" else None)
        with clock.watching():
            assert problem.y is not None  # there is a task
            model.fit(problem.X, problem.y)
        seconds |= clock.seconds(arm)
        answers[arm] = model.predict(problem.test_X)
        scores[arm] = model.score(problem.test_X, typed(truth, problem.task))
        models[arm] = model
    return Arms(models["pretrained"], models["random_start"], scores, answers, seconds)


def typed(y: np.ndarray, task: str | None) -> np.ndarray:
    """Return labels as an array of words or numbers."""
    return np.array(y.tolist(), dtype=float) if task == "regression" else np.array(y.tolist())


def about(problem: Problem, result: dict[str, Any]) -> dict[str, Any]:
    """Return what a model folder keeps about the run."""
    return {
        "data": problem.name,
        "task": problem.task,
        "target": problem.target,
        "image_shape": problem.image_shape,
        "result": {
            name: result[name]
            for name in ("recipe", "seed", "rows", "labels", "metric", "test")
            if name in result
        },
    }


def _encoder(
    problem: Problem, recipe: Recipe, context: dict[str, Any], out: Path, device: str, tell: Tell
) -> dict[str, Any]:
    """Pretrain alone: an encoder for embed, reconstruct and score."""
    tell("pretraining")
    began = time.perf_counter()
    model = make_pretrainer(recipe, random_state=context["seed"], device=device).fit(problem.X)
    seconds = {"pretrain": time.perf_counter() - began}
    result = {
        "task": None,
        "metric": "score",
        "recipe": recipe.name,
        "seed": context["seed"],
        "rows": len(problem.X),
        "labels": 0,
        "unlabelled": len(problem.X),
        "test": {"rows": len(problem.test_X), "pretrained": model.score(problem.test_X)},
        "seconds": seconds,
        "notes": [context["why"], *problem.notes, *getattr(model.preprocessing_, "notes_", [])],
    }
    result |= {"model": str(save(model, out / "model", about=about(problem, result)))}
    tell("report")
    report = write_report(encoder_facts(problem, recipe, model, result, context), out)
    return jsonable(result | {"report": str(report)})


def result_of(problem: Problem, recipe: Recipe, seed: int, arms: Arms) -> dict[str, Any]:
    """Return the facts of both arms as plain data: what was run on how many rows, and the metric on
    the test part."""
    labelled, words = len(problem.labelled), words_of(recipe)
    if problem.test_y is None:
        raise DataError(
            "The test part has no labels.", "Give a --test file whose target is filled in."
        )
    return {
        "task": problem.task,
        "metric": "accuracy" if problem.task == "classification" else "r2",
        "recipe": recipe.name,
        "arms": {"pretrained": words.first, "random_start": words.second},
        "seed": seed,
        "rows": len(problem.X),
        "labels": labelled,
        "unlabelled": len(problem.X) - labelled,
        "test": {"rows": len(problem.test_y)} | arms.scores,
        "seconds": dict(arms.seconds),
    }


class _Clock:
    """Seconds of pretraining and fine-tuning inside one fit, told apart by the events of the
    loop."""

    def __init__(self, tell: Tell | None) -> None:
        self.tell = tell
        self.began = time.perf_counter()
        self.finetuning: float | None = None

    def watching(self) -> Any:
        from ..training import observer_for, observing

        outer = observer_for(0)

        def listen(event: Any) -> None:
            supervised = event.row["objective"] in LABELS
            if supervised and self.finetuning is None:
                self.finetuning = time.perf_counter()
                if self.tell is not None:
                    self.tell("fine-tuning")
            outer(event)

        return observing(listen)

    def seconds(self, arm: str) -> dict[str, float]:
        now = time.perf_counter()
        middle = self.finetuning or now
        if arm == "random_start":
            return {"random_start": now - self.began}
        return {"pretrain": middle - self.began, "finetune": now - middle}
