"""The tables of a study, read for the recipe that was named first."""

from __future__ import annotations

import math

from .._durable import Facts
from .cells import FEWEST
from .claims import SIGNIFICANT
from .wording import Words, over

Table = list[Facts]
GUESSES = ("majority", "mean")  # baselines that do not look at a row
STATES = ("helps", "hurts", "nil", "unclear")


class Read:
    """The tables, read for the tested recipe.

    Parameters
    ----------
    tables : dict
        What :func:`layerwise.evaluation.tables` returns, of a study in which some recipe has enough
        draws.
    words : Words
    """

    def __init__(self, tables: Facts, words: Words) -> None:
        self.tables, self.words = tables, words
        self.gates = [row for row in tables["overall"] if row["control"]]
        self.gate = next(row for row in self.gates if row["tested"])
        self.recipe: str = self.gate["recipe"]
        self.every = [row for row in tables["differences"] if row["recipe"] == self.recipe]
        self.cells = [row for row in self.every if row["draws"] >= FEWEST]
        self.budgets = [row["labels"] for row in self.cells]
        self.averaged = [b for b in self.gate["budgets"] if b in self.budgets] or self.budgets
        self.areas = {row["arm"]: row for row in tables["areas"]}
        self.differs = bool(self.gate["p_adjusted"] < SIGNIFICANT)
        self.states = {name: [row for row in self.cells if row["state"] == name] for name in STATES}

    def over(self) -> str:
        """Return 'over 20 to 500 labels', or 'with 20 labels'."""
        return over(self.averaged)

    def above_guess(self, arm: str) -> bool:
        """Say whether an arm is shown to be better than a guess, over all budgets."""
        row = self.areas.get(arm)
        return row is None or (row["above_guess"]["low"] or -math.inf) > 0

    def below_guess(self) -> dict[str, list[int]]:
        """Return arms that are not above a guess, and with which numbers of labels."""
        found: dict[str, list[int]] = {}
        for row in self.tables["summary"]:
            if row["draws"] and not row["above_guess"] and row["arm"] not in GUESSES:
                found.setdefault(row["arm"], []).append(row["labels"])
        return found

    def better(self) -> Table:
        """Return the comparisons with arms (but guesses) that are better on average over the
        budgets, the best of them first."""
        rows = [
            row
            for row in self.tables["overall"]
            if row["recipe"] == self.recipe and not row["control"]
            if row["against"] not in GUESSES
            if row["p_adjusted"] < SIGNIFICANT and row["mean"] < 0
        ]
        return sorted(rows, key=lambda row: row["mean"])

    def ahead(self) -> list[int]:
        """Return the budgets at which the recipe is better than every other arm."""
        rows = [
            row
            for row in self.tables["against_others"]
            if row["recipe"] == self.recipe and row["draws"]
        ]
        better = {
            (row["labels"], row["other"])
            for row in rows
            if row["p_adjusted"] < SIGNIFICANT and row["mean"] > 0
        }
        budgets = sorted({row["labels"] for row in rows})
        return [
            b
            for b in budgets
            if all((b, row["other"]) in better for row in rows if row["labels"] == b)
        ]

    def role(self, arm: str) -> str:
        """Return the role of an arm."""
        return str(next(row["role"] for row in self.tables["summary"] if row["arm"] == arm))

    def is_among_best(self, labels: int) -> bool:
        """Say whether the tested recipe, pretrained, is the best arm or not shown to be worse."""
        arm = self.gate["arm"]
        rows = [row for row in self.tables["best"] if row["labels"] == labels]
        return any(arm == row["arm"] or arm in row["level"] for row in rows)

    def level(self, arm: str, labels: int) -> float:
        """Return the mean score of an arm at a budget."""
        return next(
            row["mean"]
            for row in self.tables["summary"]
            if (row["arm"], row["labels"]) == (arm, labels)
        )

    def levels(self, arm: str) -> Table:
        """Return the rows of the summary of an arm that has results."""
        return [row for row in self.tables["summary"] if row["arm"] == arm and row["draws"]]
