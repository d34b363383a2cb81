"""The records of an outcome by arm, budget and draw."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from .judging import guess, judging
from .measures import unpacked, unpacked_rows
from .metrics import FARTHEST, OF_ANSWERS, Metric, class_rows, number_rows
from .runner import Outcome
from .statistics import (
    APART,
    Estimate,
    RowScores,
    Sharing,
    averaged,
    estimate,
    smallest_half_width,
    weights_of,
)

GUESS = ""  # the name of what answers from the labels alone, without looking at a row
FEWEST = 3  # draws, for an interval
RELATIVE = 0.1  # of the control's error: a smaller difference is practically nothing


class Cells:
    """Records by arm, budget and draw, with their row scores.

    Parameters
    ----------
    outcome : Outcome
    metric : Metric, optional
        By default what the study asks for, or what fits the data.
    """

    def __init__(self, outcome: Outcome, metric: Metric | None = None) -> None:
        self.outcome = outcome
        self.metric = metric or judging(outcome.data, outcome.study.metric)[0]
        self.budgets = outcome.study.labels or ()
        self.draws = outcome.draws
        self.records = {
            (r["arm"], r["labels"], r["draw"]): r for r in outcome.records if "error" not in r
        }
        self.arms = outcome.arms
        self._scores: dict[tuple[str, int, int], RowScores | None] = {}
        self._levels: dict[tuple[str, int], Estimate] = {}
        self._gaps: dict[tuple[str, str, int], Estimate] = {}

    @cached_property
    def least(self) -> float:
        """Smallest half-width of an interval: what so many test rows can leave unseen."""
        tested = [self.truth(draw) for draw in self.draws]
        rows = [self.outcome.drawn[draw].test for draw in self.draws]
        if not rows or self.metric.name not in OF_ANSWERS:
            return 0.0
        _, first = np.unique(np.concatenate(rows), return_index=True)
        counts = np.bincount(np.concatenate(tested)[first])
        counts = counts[counts > 0]
        if self.metric.name == "accuracy":
            return smallest_half_width(int(counts.sum()))
        return smallest_half_width(int(counts.min())) / len(counts)

    def truth(self, draw: int) -> np.ndarray:
        """Return the labels of the test rows of a draw."""
        data = self.outcome.data
        return data.y[self.outcome.drawn[draw].test] if data.test_y is None else data.test_y

    def known(self, arm: str, labels: int, draw: int) -> RowScores | None:
        """Return the scores of the test rows of a trial in the metric's own units; None where it
        failed or the metric is not defined."""
        key = (arm, labels, draw)
        if key not in self._scores:
            values = self._guessed(labels, draw) if arm == GUESS else self._values(key)
            rows = np.asarray(self.outcome.drawn[draw].test)
            own = None if values is None else RowScores(rows, values)
            self._scores[key] = own and self._together(own)
        return self._scores[key]

    def _together(self, scores: RowScores) -> RowScores:
        """Return a score for each group in place of each row, of the same mean: rows of one person
        are no independent witnesses."""
        data = self.outcome.data
        if data.belongs is None:
            return scores
        first = 0 if data.test_y is None else len(data.y)
        groups, place = np.unique(data.belongs[first:][scores.rows], return_inverse=True)
        mean = scores.values.mean()
        sums = np.bincount(place, weights=scores.values - mean)
        return RowScores(groups, mean + sums * len(groups) / len(place))

    def _values(self, key: tuple[str, int, int]) -> np.ndarray | None:
        data = self.outcome.data
        if key not in self.records:
            return None
        kept, truth = self.records[key]["rows"], self.truth(key[2])
        return unpacked_rows(self.metric, kept, truth, len(data.classes), data.spread)

    def is_cut(self, arm: str, labels: int, draw: int) -> bool:
        """Say whether an error of a trial is so large that it counts as less."""
        data, record = self.outcome.data, self.records.get((arm, labels, draw))
        if data.classes or record is None:
            return False
        error = unpacked(record["rows"]["error"], len(self.truth(draw)), "<f8")
        return not bool((np.abs(error) <= FARTHEST * data.spread).all())

    def _guessed(self, labels: int, draw: int) -> np.ndarray | None:
        """Return the row scores of answering with the share of each class, or one number."""
        data, drawn = self.outcome.data, self.outcome.drawn[draw]
        constant, truth = guess(data, drawn.order[:labels], self.metric), self.truth(draw)
        if not data.classes:
            error = truth - constant[0]
            return number_rows(self.metric, error, float(np.var(truth)), data.spread)
        answer = np.full(len(truth), int(constant.argmax()))
        sure = None if self.metric.name in OF_ANSWERS else np.tile(constant, (len(truth), 1))
        return class_rows(truth, answer, sure, len(constant)).get(self.metric.name)

    def scores(self, arm: str, labels: int, draw: int) -> RowScores:
        """Return the scores of the test rows of a trial that has some."""
        found = self.known(arm, labels, draw)
        assert found is not None
        return found

    def common(self, labels: int, *arms: str) -> list[int]:
        """Return the draws in which all of these arms have a score."""
        return [
            draw
            for draw in self.draws
            if all(self.known(arm, labels, draw) is not None for arm in arms)
        ]

    def complete(self, *arms: str) -> tuple[tuple[int, ...], list[int]]:
        """Return the budgets, and the draws, in which all of these arms have a score everywhere: a
        budget with too few such draws is left out, so that it does not void the others."""
        at = {labels: set(self.common(labels, *arms)) for labels in self.budgets}
        budgets = [labels for labels in self.budgets if len(at[labels]) >= FEWEST]
        if not budgets:  # too few draws anywhere: as they are
            return self.budgets, sorted(set.intersection(*at.values())) if at else []
        while len(draws := set.intersection(*(at[labels] for labels in budgets))) < FEWEST:
            budgets.remove(min(budgets, key=lambda labels: len(at[labels])))
        return tuple(budgets), sorted(draws)

    def level(self, arm: str, labels: int) -> Estimate:
        """Return the mean score of an arm in the metric's own units."""
        if (arm, labels) not in self._levels:
            draws = [self.scores(arm, labels, draw) for draw in self.common(labels, arm)]
            self._levels[arm, labels] = estimate(draws, self.least, self.sharing(labels))
        return self._levels[arm, labels]

    def gap(self, first: str, second: str, labels: int) -> Estimate:
        """Return how much better the first of two arms is, paired."""
        key = (first, second, labels)
        if key not in self._gaps:
            draws = self.common(labels, first, second)
            gaps = [self._gap(first, second, labels, draw) for draw in draws]
            self._gaps[key] = estimate(gaps, self.least, self.sharing(labels))
        return self._gaps[key]

    def oriented(self, arm: str, labels: int, draw: int) -> RowScores:
        """Return the scores of a trial with more meaning better."""
        one = self.scores(arm, labels, draw)
        return RowScores(one.rows, self.metric.sign * one.values)

    def _gap(self, first: str, second: str, labels: int, draw: int) -> RowScores:
        return self.oriented(first, labels, draw).minus(self.oriented(second, labels, draw))

    def mean_gap(self, first: str, second: str) -> Estimate:
        """Return how much better the first of two arms is, averaged over the budgets that are
        complete as the area under the learning curve is."""
        budgets, draws = self.complete(first, second)
        if not budgets or not draws:
            return estimate([])
        weights = weights_of(budgets)
        gaps = [averaged([self._gap(first, second, b, d) for b in budgets], weights) for d in draws]
        parts = [self.sharing(b) for b in budgets]
        shared = Sharing(
            float(sum(w * one.labels for w, one in zip(weights, parts, strict=True))),
            float(sum(w * one.tested for w, one in zip(weights, parts, strict=True))),
        )
        return estimate(gaps, self.least, shared)

    def sharing(self, labels: int) -> Sharing:
        """Return what the draws have in common with so many labels."""
        return self.outcome.sharing.get(labels, APART)

    def region(self, against: str, labels: int) -> float:
        """Return half the region of practical equivalence around an arm: what the study says (of
        what a guess loses, for a loss), and at most a tenth of the arm's error."""
        level = self.level(against, labels)
        practical = self.outcome.study.practical
        if not self.metric.bounded:
            practical *= self.metric.error(self.level(GUESS, labels).mean)
        return float(min(practical, RELATIVE * self.metric.error(level.mean)))

    def mean_region(self, first: str, against: str) -> float:
        """Return the same for the average over the budgets that are complete."""
        budgets, _ = self.complete(first, against)
        if not budgets:
            return float("nan")
        regions = [self.region(against, labels) for labels in budgets]
        return float(weights_of(budgets) @ np.array(regions))

    def values(self, arm: str, labels: int, draws: Sequence[int]) -> np.ndarray:
        """Return the scores of an arm by draw."""
        return np.array([self.scores(arm, labels, draw).values.mean() for draw in draws])

    def mean(self, arm: str, labels: int, *path: str) -> float | None:
        """Return the mean of something that the records of an arm hold, or None."""
        found = []
        for draw in self.draws:
            value: Any = self.records.get((arm, labels, draw))
            for name in path if value is not None else ():
                value = value.get(name) if isinstance(value, dict) else None
            if (arm, labels, draw) in self.records:
                found.append(value)
        return (
            float(np.mean(found)) if found and all(value is not None for value in found) else None
        )

    def of_role(self, role: str) -> list[Any]:
        """Return the arms of a role."""
        return [arm for arm in self.arms if arm.role == role]
