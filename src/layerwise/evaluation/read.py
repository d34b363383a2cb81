"""The tables of a study, read for the recipe that is spoken of."""

from __future__ import annotations

import math

from .._durable import Facts
from .wording import Words

Table = list[Facts]


SIGNIFICANT, SURE, FEWEST = 0.05, 0.95, 3


class Read:
    """The tables, read for the recipe that is spoken of."""

    def __init__(self, tables: Facts, words: Words) -> None:
        self.tables, self.words = tables, words
        self.gates = {
            row["recipe"]: row
            for row in tables["overall"]
            if row["control"] and row["draws"] >= FEWEST
        }
        self.areas = {row["arm"]: row["area"] for row in tables["areas"]}
        better = [
            name for name, row in self.gates.items() if self._differs(row) and row["mean"] > 0
        ]
        self.recipe: str = max(
            better or self.gates,
            key=lambda name: self.areas.get(self.gates[name]["arm"], -math.inf),
        )
        self.gate = self.gates[self.recipe]
        self.cells = [row for row in tables["differences"] if row["recipe"] == self.recipe]
        self.budgets = [row["labels"] for row in self.cells]
        self.differs = self._differs(self.gate)

    @staticmethod
    def _differs(row: Facts) -> bool:
        return bool(row["p_adjusted"] < SIGNIFICANT)

    def over(self) -> str:
        """Return 'over 20 to 500 labels', or 'with 20 labels'."""
        first, last = self.budgets[0], self.budgets[-1]
        return f"with {first:,} labels" if first == last else f"over {first:,} to {last:,} labels"

    def state(self, row: Facts) -> str:
        """Return 'helps', 'hurts', 'nil' or 'unclear' for a budget."""
        if row["p_practically_nil"] >= SURE:
            return "nil"
        if self.differs and row["p_adjusted"] < SIGNIFICANT:
            return "helps" if row["mean"] > 0 else "hurts"
        return "unclear"

    def better_baselines(self) -> list[str]:
        """Return the baselines that are better on average over the budgets, the highest first."""
        rows = [
            row
            for row in self.tables["overall"]
            if row["recipe"] == self.recipe and not row["control"]
        ]
        names = [
            row["against"] for row in rows if row["p_adjusted"] < SIGNIFICANT and row["mean"] < 0
        ]
        return sorted(names, key=lambda name: -self.areas.get(name, -math.inf))

    def ahead(self) -> list[int]:
        """Return the budgets at which the recipe is better than every baseline."""
        rows = [
            row
            for row in self.tables["against_baselines"]
            if row["recipe"] == self.recipe and row["draws"]
        ]
        better = {
            (row["labels"], row["baseline"])
            for row in rows
            if row["p_adjusted"] < SIGNIFICANT and row["mean"] > 0
        }
        budgets = sorted({row["labels"] for row in rows})
        return [
            b
            for b in budgets
            if all((b, row["baseline"]) in better for row in rows if row["labels"] == b)
        ]

    def best_baseline(self) -> str | None:
        """Return the baseline with the highest learning curve."""
        rows = [row for row in self.tables["areas"] if row["role"] == "baseline"]
        return max(rows, key=lambda row: row["area"])["arm"] if rows else None

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
