"""The records of an outcome by arm, budget and draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .measures import unpacked
from .runner import Outcome
from .statistics import (
    Estimate,
    RowScores,
    averaged,
    estimate,
    smallest_half_width,
    weights_of,
)


def metric_of(outcome: Outcome) -> str:
    """Return the name of the measure that arms are compared by."""
    return "accuracy" if outcome.data.classes else "r2"


class Cells:
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
