"""From records to tables: arms, paired differences, labels saved, baselines, classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .._durable import Facts
from .measures import unpacked
from .runner import Outcome
from .savings import labels_saved
from .statistics import (
    Estimate,
    RowScores,
    area,
    averaged,
    estimate,
    holm,
    practically_nil,
    smallest_half_width,
    weights_of,
)

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
        ``against_baselines``, ``areas``, ``wins``, ``classes``.
    """
    cells = _Cells(outcome)
    return {
        "rows": rows(outcome),
        "summary": _summary(cells),
        "overall": _overall(cells),
        "differences": _differences(cells),
        "labels_saved": _labels_saved(cells),
        "against_baselines": _against_baselines(cells),
        "areas": _areas(cells),
        "wins": _wins(cells),
        "classes": _classes(cells),
    }


def metric_of(outcome: Outcome) -> str:
    """Return the name of the measure that arms are compared by."""
    return "accuracy" if outcome.data.classes else "r2"


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


class _Cells:
    """Records by arm, budget and draw, with their row scores."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.metric = metric_of(outcome)
        self.budgets = outcome.study.labels or ()
        self.draws = outcome.draws
        self.records = {
            (r["arm"], r["labels"], r["draw"]): r for r in outcome.records if "error" not in r
        }
        self.arms = outcome.arms
        every = list(outcome.tests.values())
        self.test_rows = len(np.unique(np.concatenate(every))) if every else 0
        self.least = smallest_half_width(self.test_rows) if outcome.data.classes else 0.0
        self._scores: dict[tuple[str, int, int], RowScores] = {}

    def scores(self, arm: str, labels: int, draw: int) -> RowScores:
        """Return the scores of the test rows of one trial."""
        key = (arm, labels, draw)
        if key not in self._scores:
            positions = self.outcome.tests[draw]
            values = unpacked(
                self.records[key]["scores"], len(positions), bool(self.outcome.data.classes)
            )
            self._scores[key] = RowScores(np.asarray(positions), values)
        return self._scores[key]

    def common(self, labels: int, *arms: str) -> list[int]:
        """Return the draws in which all of these arms have a result."""
        return [
            draw for draw in self.draws if all((arm, labels, draw) in self.records for arm in arms)
        ]

    def level(self, arm: str, labels: int) -> Estimate:
        """Return the mean score of an arm."""
        return estimate(
            [self.scores(arm, labels, draw) for draw in self.common(labels, arm)], self.least
        )

    def gap(self, first: str, second: str, labels: int) -> Estimate:
        """Return the paired difference of two arms."""
        draws = self.common(labels, first, second)
        return estimate(
            [self.scores(first, labels, d).minus(self.scores(second, labels, d)) for d in draws],
            self.least,
        )

    def mean_gap(self, first: str, second: str) -> Estimate:
        """Return the paired difference of two arms, averaged over the budgets as the area under the
        learning curve is."""
        draws = [
            d
            for d in self.draws
            if all(d in self.common(labels, first, second) for labels in self.budgets)
        ]
        weights = weights_of(self.budgets)
        gaps = [
            averaged(
                [self.scores(first, b, d).minus(self.scores(second, b, d)) for b in self.budgets],
                weights,
            )
            for d in draws
        ]
        return estimate(gaps, self.least)

    def values(self, arm: str, labels: int, draws: Sequence[int]) -> np.ndarray:
        """Return the scores of an arm by draw."""
        return np.array(
            [self.records[arm, labels, draw]["measures"][self.metric] for draw in draws]
        )

    def mean(self, arm: str, labels: int, *path: str) -> float | None:
        """Return the mean of something that the records of an arm hold, or None."""
        found = []
        for draw in self.common(labels, arm):
            value: Any = self.records[arm, labels, draw]
            for name in path:
                value = value.get(name) if isinstance(value, dict) else None
            found.append(value)
        return (
            float(np.mean(found)) if found and all(value is not None for value in found) else None
        )

    def of_role(self, role: str) -> list[Any]:
        """Return the arms of a role."""
        return [arm for arm in self.arms if arm.role == role]


def _interval(found: Estimate) -> Facts:
    return {"mean": found.mean, "low": found.low, "high": found.high, "draws": found.draws}


def _summary(cells: _Cells) -> Table:
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


def _overall(cells: _Cells) -> Table:
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


def _differences(cells: _Cells) -> Table:
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


def _labels_saved(cells: _Cells) -> Table:
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


def _against_baselines(cells: _Cells) -> Table:
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


def _areas(cells: _Cells) -> Table:
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


def _wins(cells: _Cells) -> Table:
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


def _classes(cells: _Cells) -> Facts | None:
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
