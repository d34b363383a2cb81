"""Pretrain, fine-tune, and the control arm beside it: a study of one draw."""

from __future__ import annotations

import shlex
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .._commit import write_folder
from .._durable import Facts, jsonable
from .._errors import DataError, ParameterError
from .._indexing import rows_of
from ..data.readers import Dataset, NoLabels, ReadRows, declared, load_dataset
from ..estimators import make_pretrainer
from ..evaluation import judging
from ..report import PAGE, report_files
from ..training import Clock, limited_by, phases_that_ran, troubles
from .choices import pixels_for, resolve
from .draw import Tell, about, dropped_columns, facts_of, fit_draw
from .epochs import many_epochs
from .facts import encoder_facts, fit_facts
from .forgotten import check_no_target, without_labels
from .grouping import Groups
from .guarded import Guarded, guarded
from .labels_file import with_labels
from .place import MODEL, claims_out, files_of
from .resuming import resumes
from .time_limit import cut_notes, planned, until_of
from .timing import Work
from .weights import ClassWeight, weights_of_classes

TEST_SHARE = 0.2


@claims_out
@resumes
def fit(
    data: str,
    *,
    target: str | None = None,
    no_target: bool = False,
    test: str | None = None,
    task: str | None = None,
    labels: int | None = None,
    labels_from: str | Path | None = None,
    recipe: str | None = None,
    changes: Sequence[str] = (),
    keep: Sequence[str] = (),
    drop: Sequence[str] = (),
    text: Sequence[str] = (),
    encoder: str | None = None,
    id_column: str | None = None,
    groups: Groups | None = None,
    class_weight: ClassWeight = None,
    metric: str | None = None,
    time_limit: float | None = None,
    seed: int = 0,
    out: str | Path = "layerwise-out",
    restart: bool = False,
    device: str = "auto",
    command: str = "",
    tell: Tell = lambda title: None,
    say: Tell | None = None,
) -> Facts:
    """Pretrain on every row, fine-tune on the labelled ones, compare with the random start; write a
    model and a report.

    It is a study of one draw of labels: the same guards, arms, measures and words as in
    ``compare``. A guess, a linear model and a random forest are fitted beside the network.
    ``labels_from`` is a CSV file of labels, in place of those that the data hold. A fit that was
    stopped goes on where it was when it is called again with the same settings; with ``restart`` it
    begins anew.

    Returns
    -------
    dict
        What ``layerwise fit --json`` prints.

    Raises
    ------
    LayerwiseError
        When the data, the settings or the place to write cannot be used; a CheckpointError when
        the training of another call is kept in ``out``.
    """
    until = until_of(time_limit)
    out = Path(out)
    tell("reading")
    given = _read(data, target, no_target, test, task, drop, id_column, text, encoder, labels_from)
    if labels_from is not None:
        given = with_labels(given, labels_from, target, task)
    _check_labels(given, labels)
    rows = guarded(given, keep, drop, draws=False, groups=groups)
    weights = weights_of_classes(class_weight, rows.data.task, rows.values)
    context = {"command": command, "seed": seed}
    if rows.rows is None:
        if metric is not None:
            raise ParameterError(
                f"--metric {metric} was given, and {given.name!r} has no target to judge by.",
                "Name the target column with --target.",
            )
        context["encoder"] = encoder
        return _encoder(rows, recipe, changes, context, out, device, tell, say, until)
    why_metric = judging(rows.rows, metric)[1]
    settings: Facts = {"labels": labels, "class_weight": weights, "seed": seed, "device": device}
    settings |= {"metric": metric, "encoder": encoder}
    settings |= {"tell": tell, "say": say, "until": until}
    found, why = fit_draw(rows, recipe, changes, **settings)
    began = time.perf_counter()
    result = facts_of(found, seed) | found.judged() | {"metric_note": why_metric}
    tested = rows.data.test.notes if rows.data.test is not None else ()
    result["notes"] = [
        why,
        *([why_metric] if why_metric else []),
        *found.notes,
        *tested,
        *many_epochs(result["epochs"]),
    ]
    files = files_of(found.models[0], about(rows, result))
    tell("report")
    files |= report_files(fit_facts(found, result, context | {"why": why}))
    write_folder(out, files)
    result["seconds"]["report"] = time.perf_counter() - began
    return jsonable(result | {"model": str(out / MODEL), "report": str(out / PAGE)})


def _read(
    data: str,
    target: str | None,
    no_target: bool,
    test: str | None,
    task: str | None,
    drop: Sequence[str],
    id_column: str | None,
    text: Sequence[str],
    encoder: str | None,
    labels_from: str | Path | None = None,
) -> Dataset:
    """Return the data; a target is named, or labels are in a file of their own, or it is said that
    there are none."""
    if no_target:
        for name, value in (("target", target), ("task", task), ("labels-from", labels_from)):
            if value is not None:
                raise ParameterError(
                    f"--no-target was given and also --{name} {value}.", "Give one or the other."
                )
        named: dict[str, Any] = {"test": test, "drop": drop, "id_column": id_column, "text": text}
        named |= pixels_for(encoder)
        return without_labels(load_dataset(data, **named))
    named = {"target": target, "test": test, "task": task, "id_column": id_column, "text": text}
    if labels_from is not None:
        named |= {"task": None, "drop": drop, **pixels_for(encoder)}
        try:
            return load_dataset(data, **named)
        except NoLabels:  # the labels of the file are the only ones
            return load_dataset(data, **{**named, "target": None})
    given = load_dataset(data, drop=drop, **named, **pixels_for(encoder))
    check_no_target(given, f"layerwise fit {shlex.quote(data)}")
    if task is not None and given.y is None:
        raise ParameterError(
            f"--task {task} was given, and {given.name!r} has no target.",
            "Name the target column with --target.",
        )
    return given


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
    say: Tell | None,
    until: float | None,
) -> Facts:
    """Pretrain alone: an encoder for embed, reconstruct and score."""
    data, notes = rows.data, list(rows.data.notes)
    X, test_X = data.X, data.test.X if data.test is not None else None
    if test_X is None:
        X, test_X = _held_out(data, context["seed"])
        notes.append(
            f"{len(test_X):,} rows were held out for the test; pretraining does not see them."
        )
    chosen, why = resolve(data, recipe, changes, rows=len(X), encoder=context["encoder"])
    work = Work(chosen, X, device=device, seed=context["seed"])
    chosen, times, cut = planned(work, say, until)
    tell("pretraining")
    began, clock = time.perf_counter(), Clock()
    clock.allow(None if times is None else times.pretrain)
    with limited_by(clock):
        model = make_pretrainer(chosen, random_state=context["seed"], device=device)
        model.fit(declared(X, rows.data.text_columns))
    notes += [*cut, *cut_notes({"pretraining": model.history_})]
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
        "epochs": {"pretrain": phases_that_ran(model.history_)},
        "guards": [finding.as_dict() for finding in rows.findings],
        "notes": [
            why,
            *notes,
            *([reason] if reason else ()),
            *dropped_columns(model),
            *troubles(model.history_),
        ],
    }
    result["notes"] += many_epochs(result["epochs"])
    files = files_of(model, about(rows, result))
    tell("report")
    context |= {"why": why}
    files |= report_files(encoder_facts(data, X, test_X, chosen, model, result, context))
    write_folder(out, files)
    return jsonable(result | {"model": str(out / MODEL), "report": str(out / PAGE)})


def _held_out(data: Dataset, seed: int) -> tuple[ReadRows, ReadRows]:
    """Return rows to learn from, and a fifth to look at."""
    rows = np.random.default_rng(seed).permutation(len(data))
    held = max(1, round(TEST_SHARE * len(data)))
    return rows_of(data.X, np.sort(rows[held:])), rows_of(data.X, np.sort(rows[:held]))
