"""From records to tables: arms, paired differences, labels saved, baselines, classes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .._durable import Facts
from .best import best_arms
from .cells import FEWEST, GUESS, Cells
from .claims import SIGNIFICANT, SURE, family, others
from .looks import next_look
from .metrics import Metric
from .runner import Outcome
from .savings import labels_saved
from .statistics import Estimate, area, practically_nil
from .tuning import tuning

Table = list[Facts]
MEASURES = (
    "accuracy",
    "balanced_accuracy",
    "macro_f1",
    "auc",
    "average_precision",
    "log_loss",
    "brier",
    "ece",
    "r2",
    "mean_absolute_error",
    "root_mean_squared_error",
)


def tables(
    outcome: Outcome, metric: Metric | None = None, look: int = 1, savings: bool = True
) -> Facts:
    """Return everything that is said about an outcome, as plain data.

    Levels (``summary``, ``areas``, ``rows``) are in the metric's own units; differences are gains:
    positive is better, whatever the metric.

    Parameters
    ----------
    outcome : Outcome
    metric : Metric, optional
    look : int
        1 for the number of draws that is judged first, 2 for the next: see
        :mod:`layerwise.evaluation.claims`.
    savings : bool, default True
        Whether to work out the labels saved, which takes longest.

    Returns
    -------
    dict
        ``rows``, ``summary``, ``overall``, ``differences``, ``labels_saved``,
        ``against_others``, ``areas``, ``wins``, ``tuning``, ``classes``, ``best``, ``next_look``.
    """
    cells = Cells(outcome, metric)
    overall, differences = _pretraining(cells, look)
    return {
        "rows": rows(cells),
        "summary": _summary(cells),
        "overall": overall + _overall(cells, look),
        "differences": differences,
        "labels_saved": _labels_saved(cells) if savings else [],
        "against_others": _against_others(cells, look),
        "areas": _areas(cells),
        "wins": _wins(cells),
        "tuning": tuning(outcome),
        "classes": _classes(cells),
        "best": best_arms(cells),
        "next_look": next_look(cells.outcome, look),
    }


def rows(cells: Cells) -> Table:
    """Return a row per arm, budget and draw; ``value`` is None where the trial failed."""
    return [_row(record, cells) for record in cells.outcome.records]


def _row(record: Facts, cells: Cells) -> Facts:
    measures, seconds = record.get("measures", {}), record.get("seconds", {})
    found = cells.known(record["arm"], record["labels"], record["draw"])
    return {
        "arm": record["arm"],
        "role": record["role"],
        "labels": record["labels"],
        "draw": record["draw"],
        "metric": cells.metric.name,
        "value": None if found is None else float(found.values.mean()),
        "seconds": sum(seconds.values()) if seconds else None,
        **{name: measures.get(name) for name in MEASURES if name in measures or not measures},
        "answered": measures.get("answered"),
        **{
            f"seconds_{name}": seconds.get(name) for name in ("prepare", "choose", "fit", "predict")
        },
        "peak_memory": record.get("peak_memory"),
        "setting": record["tried"][record["chosen"]]["setting"] if "tried" in record else None,
        "tried": record.get("tried"),
        "warnings": record.get("warnings", []),
        "error": record.get("error"),
    }


def _interval(found: Estimate) -> Facts:
    return {"mean": found.mean, "low": found.low, "high": found.high, "draws": found.draws}


def _summary(cells: Cells) -> Table:
    table = []
    for arm in cells.arms:
        for labels in cells.budgets:
            seconds = [
                cells.mean(arm.name, labels, "seconds", name)
                for name in ("prepare", "choose", "fit", "predict")
            ]
            done = [s for s in seconds if s is not None]
            table.append(
                {"arm": arm.name, "role": arm.role, "against": arm.against, "labels": labels}
                | _interval(cells.level(arm.name, labels))
                | {name: cells.mean(arm.name, labels, "measures", name) for name in MEASURES}
                | {"seconds": sum(done) if done else None, "seconds_prepare": seconds[0]}
                | {"peak_memory": cells.mean(arm.name, labels, "peak_memory")}
                | {"one_class": _one_class(cells, arm.name, labels)}
                | {"cut": sum(cells.is_cut(arm.name, labels, draw) for draw in cells.draws)}
                | {"above_guess": cells.gap(arm.name, GUESS, labels).mean > 0}
            )
    return table


def _one_class(cells: Cells, arm: str, labels: int) -> int:
    """Return in how many draws an arm answered every row with one class."""
    if not cells.outcome.data.classes:
        return 0
    found = [cells.records.get((arm, labels, draw)) for draw in cells.draws]
    return sum(one is not None and one["measures"].get("answered") == 1 for one in found)


def _pretraining(cells: Cells, look: int) -> tuple[Table, Table]:
    """Return pretrained minus control, averaged over the budgets and at each: one family of claims
    per recipe. The first recipe is the tested one, the others are exploratory."""
    overall, differences = [], []
    pretrained = cells.of_role("pretrained")
    judged = [len(cells.complete(arm.name, arm.against)[1]) >= FEWEST for arm in pretrained]
    named = judged.index(True) if True in judged else 0  # the first that did not fail
    for i, arm in enumerate(pretrained):
        average = cells.mean_gap(arm.name, arm.against)
        at = [cells.gap(arm.name, arm.against, labels) for labels in cells.budgets]
        known = [one.p if one.draws >= FEWEST else math.nan for one in at]
        recipes = 1 if i == named else len(pretrained) - 1
        first, *each = family(average.p, known, look, recipes)
        about = {"recipe": arm.group, "arm": arm.name, "against": arm.against, "tested": i == named}
        region = cells.mean_region(arm.name, arm.against)
        budgets, _ = cells.complete(arm.name, arm.against)
        overall.append(
            about | {"control": True, "budgets": list(budgets)} | _tested(average, first, region)
        )
        for labels, one, p in zip(cells.budgets, at, each, strict=True):
            region = cells.region(arm.against, labels) if one.draws else math.nan
            row = about | {"labels": labels} | _tested(one, p, region)
            above = cells.gap(arm.name, GUESS, labels).mean > 0
            differences.append(row | {"state": _state(row, above)})
    return overall, differences


def _tested(found: Estimate, p: float, region: float) -> Facts:
    return _interval(found) | {
        "error": found.error,
        "freedom": found.freedom,
        "p": found.p,
        "p_adjusted": p,
        "p_practically_nil": practically_nil(found, region),
        "practical": region,
    }


def _state(row: Facts, above: bool) -> str:
    """Return 'helps', 'hurts', 'nil' or 'unclear' for a budget; nothing is said for an arm that is
    below a guess."""
    if row["draws"] < FEWEST:
        return "unclear"
    if above and row["p_practically_nil"] >= SURE:
        return "nil"
    if row["p_adjusted"] < SIGNIFICANT and (above or row["mean"] < 0):
        return "helps" if row["mean"] > 0 else "hurts"
    return "unclear"


def _overall(cells: Cells, look: int) -> Table:
    """Return each pretrained arm minus each other arm, over all budgets."""
    table = []
    for arm in cells.of_role("pretrained"):
        rivals = [other for other in cells.arms if other.name not in (arm.name, arm.against)]
        found = [cells.mean_gap(arm.name, other.name) for other in rivals]
        for other, one, p in zip(rivals, found, _adjusted(found, look), strict=True):
            region = cells.mean_region(arm.name, other.name)
            about = {"recipe": arm.group, "arm": arm.name, "against": other.name}
            table.append(about | {"control": False} | _tested(one, p, region))
    return table


def _adjusted(found: Sequence[Estimate], look: int) -> list[float]:
    """Return adjusted p-values; what has too few results counts as 1."""
    return others([one.p if one.draws >= FEWEST else 1.0 for one in found], look)


def _labels_saved(cells: Cells) -> Table:
    table = []
    for arm in cells.of_role("pretrained"):
        budgets, draws = cells.complete(arm.name, arm.against)
        if len(draws) < FEWEST or len(budgets) < 2:
            continue
        first, second = (
            [[cells.oriented(name, b, d) for d in draws] for b in budgets]
            for name in (arm.name, arm.against)
        )
        shared = [cells.sharing(b) for b in budgets]
        saved = labels_saved(budgets, first, second, shared, cells.least)
        table += [{"recipe": arm.group} | row for row in saved]
    return table


def _against_others(cells: Cells, look: int) -> Table:
    """Return each pretrained arm minus every other arm but its control, at each budget; p adjusted
    over all of a recipe."""
    table = []
    for arm in cells.of_role("pretrained"):
        part, found = [], []
        for labels in cells.budgets:
            for other in cells.arms:
                if other.name in (arm.name, arm.against):
                    continue
                one = cells.gap(arm.name, other.name, labels)
                about = {"recipe": arm.group, "other": other.name, "role": other.role}
                part.append(about | {"labels": labels} | _interval(one) | {"p": one.p})
                found.append(one)
        for row, p in zip(part, _adjusted(found, look), strict=True):
            row["p_adjusted"] = p
        table += part
    return table


def _areas(cells: Cells) -> Table:
    """Return the mean height of each learning curve, and how far it is above a guess."""
    table = []
    for arm in cells.arms:
        levels = [cells.level(arm.name, labels) for labels in cells.budgets]
        if all(level.draws for level in levels):
            found = cells.mean_gap(arm.name, GUESS)
            height = area(cells.budgets, [level.mean for level in levels])
            above = _interval(found) | {"p": found.p}
            table.append({"arm": arm.name, "role": arm.role, "area": height, "above_guess": above})
    return table


def _wins(cells: Cells) -> Table:
    """Return for each pretrained arm and each other arm in how many draws and budgets it wins, ties
    (practically) and loses."""
    table = []
    for arm in cells.of_role("pretrained"):
        for other in cells.arms:
            if other.name == arm.name:
                continue
            counts = {"wins": 0, "ties": 0, "losses": 0}
            for labels in cells.budgets:
                draws = cells.common(labels, arm.name, other.name)
                region = cells.region(other.name, labels)
                first, second = (
                    cells.metric.sign * cells.values(name, labels, draws)
                    for name in (arm.name, other.name)
                )
                for gap in first - second:
                    counts["ties" if abs(gap) <= region else "wins" if gap > 0 else "losses"] += 1
            table.append({"arm": arm.name, "other": other.name} | counts)
    return table


def _classes(cells: Cells) -> Facts | None:
    """Return recall per class of every pretrained arm and its control, at the budget in the
    middle, and the class's share of the labelled rows."""
    data = cells.outcome.data
    names = data.classes
    if not names:
        return None
    shares = np.bincount(data.y[data.labelled], minlength=len(names)) / len(data.labelled)
    labels = cells.budgets[(len(cells.budgets) - 1) // 2]
    table = []
    for arm in [arm for arm in cells.arms if arm.role != "baseline"]:
        recalls = [
            cells.records[arm.name, labels, draw]["measures"]["recall"]
            for draw in cells.common(labels, arm.name)
        ]
        for i, name in enumerate(names):
            known = [recall[i] for recall in recalls if recall[i] is not None]
            table.append(
                {"arm": arm.name, "class": name, "recall": float(np.mean(known)) if known else None}
                | {"share": float(shares[i])}
            )
    return {"labels": labels, "rows": table}
