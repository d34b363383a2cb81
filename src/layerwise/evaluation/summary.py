"""From records to tables: arms, paired differences, labels saved, baselines, classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .._durable import Facts
from .cells import Cells, metric_of
from .runner import Outcome
from .savings import labels_saved
from .statistics import (
    Estimate,
    area,
    holm,
    practically_nil,
)
from .tuning import tuning

Table = list[Facts]
FEWEST = 3  # draws, for an interval
MEASURES = (
    "macro_f1",
    "ece",
    "brier",
    "log_loss",
    "mean_absolute_error",
    "root_mean_squared_error",
)


def tables(outcome: Outcome) -> Facts:
    """Return everything that is said about an outcome, as plain data.

    Returns
    -------
    dict
        ``rows``, ``summary``, ``overall``, ``differences``, ``labels_saved``,
        ``against_baselines``, ``areas``, ``wins``, ``tuning``, ``classes``.
    """
    cells = Cells(outcome)
    return {
        "rows": rows(outcome),
        "summary": _summary(cells),
        "overall": _overall(cells),
        "differences": _differences(cells),
        "labels_saved": _labels_saved(cells),
        "against_baselines": _against_baselines(cells),
        "areas": _areas(cells),
        "wins": _wins(cells),
        "tuning": tuning(outcome),
        "classes": _classes(cells),
    }


def rows(outcome: Outcome) -> Table:
    """Return a row per arm, budget and draw; ``value`` is None where the trial failed."""
    metric = metric_of(outcome)
    return [_row(record, metric) for record in outcome.records]


def _row(record: Facts, metric: str) -> Facts:
    measures, seconds = record.get("measures", {}), record.get("seconds", {})
    return {
        "arm": record["arm"],
        "role": record["role"],
        "labels": record["labels"],
        "draw": record["draw"],
        "metric": metric,
        "value": measures.get(metric),
        "seconds": sum(seconds.values()) if seconds else None,
        **{name: measures.get(name) for name in MEASURES if name in measures or not measures},
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
            )
    return table


def _overall(cells: Cells) -> Table:
    """Return pretrained minus control (p adjusted over recipes) and minus each baseline (over
    baselines), over all budgets."""
    study, table = cells.outcome.study, []
    pretrained = cells.of_role("pretrained")
    baselines = [arm.name for arm in cells.of_role("baseline")]
    for arm in pretrained:
        for others in ([arm.against], baselines):
            found = [cells.mean_gap(arm.name, other) for other in others]
            for other, one, p in zip(others, found, _adjusted(found), strict=True):
                table.append(
                    {
                        "recipe": arm.group,
                        "arm": arm.name,
                        "against": other,
                        "control": other == arm.against,
                    }
                    | _interval(one)
                    | {
                        "error": one.error,
                        "p": one.p,
                        "p_adjusted": p,
                        "p_practically_nil": practically_nil(one, study.practical),
                    }
                )
    gates = [row for row in table if row["control"]]
    for row, p in zip(
        gates, holm([row["p"] if row["draws"] else 1.0 for row in gates]), strict=True
    ):
        row["p_adjusted"] = p
    return table


def _adjusted(found: Sequence[Estimate]) -> list[float]:
    """Return Holm's adjusted p-values; what has no result counts as 1."""
    return holm([one.p if one.draws else 1.0 for one in found])


def _differences(cells: Cells) -> Table:
    """Return pretrained minus control per recipe and budget; p adjusted over the budgets of the
    recipe."""
    study, table = cells.outcome.study, []
    for arm in cells.of_role("pretrained"):
        found = [cells.gap(arm.name, arm.against, labels) for labels in cells.budgets]
        for labels, one, p in zip(cells.budgets, found, _adjusted(found), strict=True):
            table.append(
                {"recipe": arm.group, "arm": arm.name, "against": arm.against, "labels": labels}
                | _interval(one)
                | {"error": one.error, "freedom": one.freedom, "p": one.p, "p_adjusted": p}
                | {"p_practically_nil": practically_nil(one, study.practical)}
            )
    return table


def _labels_saved(cells: Cells) -> Table:
    table = []
    for arm in cells.of_role("pretrained"):
        draws = [
            d
            for d in cells.draws
            if all(d in cells.common(labels, arm.name, arm.against) for labels in cells.budgets)
        ]
        if len(draws) < FEWEST or len(cells.budgets) < 2:
            continue
        first, second = (
            np.column_stack([cells.values(name, b, draws) for b in cells.budgets])
            for name in (arm.name, arm.against)
        )
        saved = labels_saved(cells.budgets, first, second, seed=cells.outcome.study.seed)
        table += [{"recipe": arm.group} | row for row in saved]
    return table


def _against_baselines(cells: Cells) -> Table:
    """Return pretrained minus baseline; p adjusted over the baselines and budgets of a recipe."""
    table = []
    for arm in cells.of_role("pretrained"):
        part = []
        for labels in cells.budgets:
            for baseline in cells.of_role("baseline"):
                one = cells.gap(arm.name, baseline.name, labels)
                part.append(
                    {"recipe": arm.group, "baseline": baseline.name, "labels": labels}
                    | _interval(one)
                    | {"p": one.p}
                )
        for row, p in zip(
            part, holm([row["p"] if row["draws"] else 1.0 for row in part]), strict=True
        ):
            row["p_adjusted"] = p
        table += part
    return table


def _areas(cells: Cells) -> Table:
    table = []
    for arm in cells.arms:
        levels = [cells.level(arm.name, labels) for labels in cells.budgets]
        if all(level.draws for level in levels):
            table.append(
                {
                    "arm": arm.name,
                    "role": arm.role,
                    "area": area(cells.budgets, [level.mean for level in levels]),
                }
            )
    return table


def _wins(cells: Cells) -> Table:
    """Return for each pretrained arm and each other arm in how many draws and budgets it wins, ties
    (practically) and loses."""
    table = []
    practical = cells.outcome.study.practical
    for arm in cells.of_role("pretrained"):
        for other in cells.arms:
            if other.name == arm.name:
                continue
            gaps = np.concatenate(
                [
                    cells.values(arm.name, labels, draws) - cells.values(other.name, labels, draws)
                    for labels in cells.budgets
                    if (draws := cells.common(labels, arm.name, other.name))
                ]
                or [np.zeros(0)]
            )
            wins, losses = int((gaps > practical).sum()), int((gaps < -practical).sum())
            counts = {"wins": wins, "ties": len(gaps) - wins - losses, "losses": losses}
            table.append({"arm": arm.name, "other": other.name} | counts)
    return table


def _classes(cells: Cells) -> Facts | None:
    """Return recall per class of every pretrained arm and its control, at the budget in the
    middle."""
    names = cells.outcome.data.classes
    if not names:
        return None
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
            )
    return {"labels": labels, "rows": table}
