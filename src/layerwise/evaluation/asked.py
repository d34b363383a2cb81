"""The verdict of a study whose arms ask for their labels: is a strategy better than chance?"""

from __future__ import annotations

from .._durable import Facts
from .cells import FEWEST
from .metrics import Metric
from .read import Read
from .suggestions import best_of
from .verdict import empty_verdict, kind_of
from .wording import Words

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
    study = Read(tables, words)
    name, gate, cells = study.gate["arm"], study.gate, study.every
    states = {state: [row["labels"] for row in rows] for state, rows in study.states.items()}
    kind = kind_of(study)
    beside = words.beside(gate, "labels drawn at random")
    budgets = study.over()
    if kind in ("helps", "hurts"):
        finding = f"Choosing labels by {name} {kind}: {budgets}, it is {beside}."
    elif kind == "depends_on_labels":
        finding = (
            f"Whether choosing labels by {name} helps depends on their number: "
            f"{where(states, words)}; {budgets}, it is {beside}."
        )
    elif kind == "nil":
        finding = f"Choosing labels by {name} makes no practical difference {budgets}: {beside}."
    else:
        finding = f"{name} is not shown to beat chance: {budgets}, it is {beside}."
    advice = _advice(kind, name, states, words) + (
        _saved(tables, name) if kind in ("helps", "depends_on_labels") else ""
    )
    details = _details(cells, words)
    exploratory = [
        f"{row['arm']} is {words.beside(row, 'chance')}.{_saved(tables, row['arm'])}"
        for row in told
        if row is not gate
    ]
    found = empty_verdict(kind, best_of(tables, words), finding, advice, details)
    at = {f"{state}_at": values for state, values in states.items()}
    return found | at | {"exploratory": exploratory, "recipe": gate["recipe"]} | ABOUT


def where(states: dict[str, list[int]], words: Words) -> str:
    """Say at which numbers of labels it is shown to help and to hurt by itself."""
    told = [
        f"it {name} with {words.numbers(states[name])} labels"
        for name in ("helps", "hurts")
        if states[name]
    ]
    return " and ".join(told) or "no number of labels is shown by itself"


def _advice(kind: str, name: str, states: dict[str, list[int]], words: Words) -> str:
    if kind == "helps":
        at = states["helps"]
        return f"Ask by {name}." + (
            f" It is shown to help with {words.numbers(at)} labels." if at else ""
        )
    if kind == "depends_on_labels" and states["helps"] and not states["hurts"]:
        shown = words.numbers(states["helps"])
        return f"Ask by {name}: it is shown to help with {shown} labels, and nowhere to hurt."
    if kind == "depends_on_labels" and states["helps"]:
        return f"Ask by {name} where it helps, and label rows drawn at random where it hurts."
    if kind == "not_separable":
        return "Label rows drawn at random, or run more draws (--draws)."
    return "Label rows drawn at random."


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
        "strategies of a draw begin with the same labels and ask about the same rows. The first "
        "labels differ from draw to draw, the rows to ask about hardly: what draws have in common "
        "of what was asked for widens the intervals."
    )
