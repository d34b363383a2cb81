"""Made-up results of a study: levels by arm and budget, and how much draws differ."""

from __future__ import annotations

import hashlib
from types import SimpleNamespace

import numpy as np

from layerwise.evaluation import Outcome, Sharing, Study, StudyData, judge, metric_named, tables
from layerwise.evaluation.design import Draw
from layerwise.evaluation.measures import packed

BUDGETS = (20, 100, 500)


def _of(name):
    recipe, _, start = name.rpartition(", ")
    if start not in ("pretrained", "random start"):
        return SimpleNamespace(name=name, role="baseline", against=None, group="baselines")
    role = "pretrained" if start == "pretrained" else "control"
    against = f"{recipe}, random start" if role == "pretrained" else None
    return SimpleNamespace(name=name, role=role, against=against, group=recipe)


def _luck(name, labels, draw):
    """A number of mean 0 that is always the same for a trial, as large for every draw: of four
    draws in turn, and for each arm at another place."""
    recipe, _, way = name.rpartition(", ")
    start = hashlib.sha256(f"{recipe} {labels}".encode()).digest()[0] + 2 * (way == "pretrained")
    return (1.0, -1.2, 0.4, -0.6, 0.4)[(draw + start) % 5]


def outcome(
    levels,
    *,
    budgets=BUDGETS,
    draws=5,
    spread=0.004,
    rows=500,
    share=0.5,
    metric="accuracy",
    failing=(),
    diverged=(),
    seconds=(),
    one_class=(),
    shared=0.0,
    practical=0.005,
):
    """Return the outcome of a study.

    ``levels`` maps an arm ("sdae, pretrained", "sdae, random start", or a baseline) to its level at
    each budget; ``spread`` is how much an arm's level differs between draws; ``share`` the share of
    the most frequent class; ``failing`` holds (arm, labels, draw), ``diverged`` too; ``seconds``
    maps an arm to its time.
    """
    numbers = metric in ("r2", "mean_absolute_error")
    n = rows * draws + 1000
    y = np.where(np.arange(n) * 37 % 100 < 100 * share, 0, 1)
    y = np.where(np.arange(n) % 2 == 0, 1.0, -1.0) if numbers else y.astype(np.int64)
    keys = tuple(i.to_bytes(4, "big") for i in range(n))
    data = StudyData("made up", np.zeros((n, 1)), y, () if numbers else ("no", "yes"), keys=keys)
    drawn = {
        d: Draw(d, d, np.arange(rows * draws, n), np.arange(n), np.arange(rows * d, rows * (d + 1)))
        for d in range(draws)
    }
    records = [
        _record(name, labels, d, level, spread, rows, metric, data, drawn[d].test)
        | ({"error": "MemoryError: no room"} if (name, labels, d) in failing else {})
        for name, at in levels.items()
        for labels, level in zip(budgets, at, strict=True)
        for d in range(draws)
    ]
    for record in records:
        key = (record["arm"], record["labels"], record["draw"])
        took = dict(seconds).get(record["arm"], 1.0)
        record["seconds"] = {"prepare": took / 2, "choose": 0.0, "fit": took / 2, "predict": 0.0}
        if key in diverged:
            record["rows"] = {"error": packed(np.full(rows, 1e6), "<f8")}
        if record["arm"] in one_class:
            record["measures"]["answered"] = 1
    study = Study(budgets, draws, practical=practical, metric=metric)
    arms = tuple(_of(name) for name in levels)
    sharing = {b: Sharing(shared if b == max(budgets) else 0.0) for b in budgets}
    return Outcome(study, data, arms, records, tuple(range(draws)), drawn, sharing, (), 1.0)


def _record(name, labels, draw, level, spread, rows, metric, data, test):
    level = level + spread * _luck(name, labels, draw)
    place = (np.arange(rows) + 0.5) / rows
    measures = {"recall": [None, None], "answered": 2}
    if metric == "accuracy":
        kept = {"accuracy": packed(place < level, "bits")}
    elif metric == "log_loss":
        kept = {"log_loss": packed(level + 0.2 * (place - 0.5), "<f4")}
    else:  # errors of one size, to either side
        size = np.sqrt(max(1 - level, 0.0)) if metric == "r2" else level
        kept = {"error": packed(np.where(np.arange(rows) % 4 < 2, size, -size), "<f8")}
    about = {"arm": name, "role": _of(name).role, "labels": labels, "draw": draw}
    return about | {"rows": kept, "measures": measures}


def pair(first, second, recipe="sdae"):
    """Return the levels of a recipe's two arms."""
    return {f"{recipe}, pretrained": first, f"{recipe}, random start": second}


def judged(levels, *, look=1, luck="", **how):
    """Return the verdict on made-up results, and the tables."""
    found = outcome(levels, **how)
    metric = metric_named(found.study.metric, found.data.task)
    made = tables(found, metric, look)
    return judge(made, metric, luck), made
