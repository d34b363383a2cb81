"""The verdict of a study of made-up rows: are they worth anything beside the real ones?"""

from __future__ import annotations

from .._durable import Facts
from .asked import where
from .cells import FEWEST
from .metrics import Metric
from .read import Read
from .suggestions import best_of
from .verdict import empty_verdict, kind_of
from .wording import Words

ABOUT = {"about": "made-up rows"}
_ADVICE = {
    "helps": "Fine-tune on real and made-up rows.",
    "hurts": "Make no rows up: they hurt.",
    "depends_on_labels": "Make rows up only with the numbers of labels where they help.",
    "nil": "Make no rows up: they change nothing that matters.",
    "not_separable": "Make no rows up on this evidence, or run more draws (--draws).",
}


def judge_made_up(tables: Facts, metric: Metric) -> Facts:
    """Return the verdict of a study with made-up rows, as :func:`judge` does of pretraining: they
    help, they hurt, or neither is shown."""
    words = Words(metric)
    gates = [row for row in tables["overall"] if row["control"]]
    if not [row for row in gates if row["draws"] >= FEWEST]:
        finding = f"Fewer than {FEWEST} draws cannot tell what made-up rows are worth from chance."
        return empty_verdict("too_few_draws", best_of(tables, words), finding) | ABOUT
    study = Read(tables, words)
    gate, kind = study.gate, kind_of(study)
    states = {state: [row["labels"] for row in rows] for state, rows in study.states.items()}
    beside = words.beside(gate, "real rows alone, with as many steps")
    budgets = study.over()
    if kind in ("helps", "hurts"):
        verb = "help" if kind == "helps" else "hurt"
        finding = f"Made-up rows {verb}: {budgets}, fine-tuning with them is {beside}."
    elif kind == "depends_on_labels":
        finding = (
            f"Whether made-up rows help depends on the number of labels: {where(states, words)}; "
            f"{budgets}, fine-tuning with them is {beside}."
        )
    elif kind == "nil":
        finding = f"Made-up rows make no practical difference {budgets}: {beside}."
    else:
        finding = f"Made-up rows are not shown to be worth anything: {budgets}, {beside}."
    cells = [row for row in study.every if row["draws"] >= FEWEST]
    shown = [f"{words.difference(row)} with {row['labels']:,}" for row in cells]
    details = (
        f"With made-up rows minus real rows alone, in brackets 95 % intervals: {words.list(shown)} "
        "labels. Both begin at the same pretrained network and take as many steps with as many "
        "rows; half of each batch is made up."
        if shown
        else ""
    )
    others = [
        f"{row['arm']} is {words.beside(row, 'real rows alone')}."
        for row in gates
        if row is not gate and row["draws"] >= FEWEST
    ]
    found = empty_verdict(kind, best_of(tables, words), finding, _ADVICE[kind], details)
    at = {f"{state}_at": values for state, values in states.items()}
    return found | at | {"exploratory": others, "recipe": gate["recipe"]} | ABOUT
