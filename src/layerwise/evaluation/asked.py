"""The verdict of a study whose arms ask for their labels: is a strategy better than chance?"""

from __future__ import annotations

from .._durable import Facts
from .cells import FEWEST
from .claims import SIGNIFICANT
from .metrics import Metric
from .suggestions import best_of
from .verdict import empty_verdict
from .wording import Words, over

ABOUT = {"about": "choosing"}  # what the study asked; of recipes it is pretraining


def judge_strategies(tables: Facts, metric: Metric) -> Facts:
    """Return the verdict of a study of strategies, as :func:`judge` does of recipes.

    The first strategy is the tested one. It beats chance, or chance beats it, where its difference
    over all budgets is shown after what is adjusted for; of the others nothing is claimed.
    """
    words = Words(metric)
    gates = [row for row in tables["overall"] if row["control"]]
    told = [row for row in gates if row["draws"] >= FEWEST]
    if not told:
        finding = f"Fewer than {FEWEST} draws cannot tell chance from effect."
        return empty_verdict("too_few_draws", best_of(tables, words), finding) | ABOUT
    gate = next((row for row in told if row["tested"]), told[0])
    name = gate["arm"]
    cells = [row for row in tables["differences"] if row["arm"] == name]
    states = {
        state: [row["labels"] for row in cells if row["state"] == state]
        for state in ("helps", "hurts", "nil", "unclear")
    }
    shown = gate["p_adjusted"] < SIGNIFICANT
    beside = words.beside(gate, "labels drawn at random")
    budgets = over(gate["budgets"])
    if shown and gate["mean"] > 0:
        kind, finding = "helps", f"Choosing labels by {name} helps: {budgets}, it is {beside}."
        advice = f"Ask by {name}.{_from(states, words)}{_saved(tables, name)}"
    elif shown:
        kind, finding = "hurts", f"Choosing labels by {name} hurts: {budgets}, it is {beside}."
        advice = "Label rows drawn at random."
    else:
        kind = "not_separable"
        finding = f"{name} is not shown to beat chance: {budgets}, it is {beside}."
        advice = "Label rows drawn at random, or run more draws (--draws)."
    details = _details(cells, words)
    exploratory = [
        f"{row['arm']} is {words.beside(row, 'chance')}.{_saved(tables, row['arm'])}"
        for row in told
        if row is not gate
    ]
    found = empty_verdict(kind, best_of(tables, words), finding, advice, details)
    at = {f"{state}_at": values for state, values in states.items()}
    return found | at | {"exploratory": exploratory, "recipe": gate["recipe"]} | ABOUT


def _from(states: dict[str, list[int]], words: Words) -> str:
    """Say at which numbers of labels it is shown to be better by itself."""
    helps = states["helps"]
    return f" It is shown to help with {words.numbers(helps)} labels." if helps else ""


def _saved(tables: Facts, name: str) -> str:
    """Say how many labels drawn at random the chosen ones stand for, where that is most."""
    rows = [
        row
        for row in tables["labels_saved"]
        if row["recipe"] == name and row["needed"] and row["needed"] > row["labels"]
    ]
    if not rows:
        return ""
    row = max(rows, key=lambda one: one["needed"] / one["labels"])
    low = "fewer" if row["low"] is None else f"{row['low']:,.0f}"
    high = f"more than {row['most']:,}" if row["high"] is None else f"{row['high']:,.0f}"
    return (
        f" {row['labels']:,} chosen labels do the work of about {row['needed']:,.0f} drawn at "
        f"random (95 % interval {low} to {high})."
    )


def _details(cells: list[Facts], words: Words) -> str:
    shown = [
        f"{words.difference(row)} with {row['labels']:,}" for row in cells if row["draws"] >= FEWEST
    ]
    if not shown:
        return ""
    return (
        f"Chosen minus drawn, in brackets 95 % intervals: {words.list(shown)} labels. All "
        "strategies of a draw begin with the same labels and ask about the same rows; the first "
        "labels and the tested rows differ from draw to draw, the rows to ask about hardly."
    )
