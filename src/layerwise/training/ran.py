"""What ran, from the rows of a history."""

from __future__ import annotations

from collections.abc import Sequence

from .._durable import Facts
from .events import stages_of


def phases_that_ran(history: Sequence[Facts]) -> list[Facts]:
    """Return for each phase its objective, what it trained, the epochs and the steps that ran.

    Where stopping ran a phase twice, the second run counts: its weights are kept.

    >>> row = {"step": 0, "phase": 0, "objective": "Denoising", "first": 0, "last": 1}
    >>> phases_that_ran([row | {"epoch": 1, "batches": 4}, row | {"epoch": 2, "batches": 4}])[0]
    {'objective': 'Denoising', 'trained': 'stages 1-2', 'epochs': 2, 'batches': 4, 'steps': 8}
    """
    last: dict[object, Facts] = {}
    for row in history:
        last[row.get("step"), row["phase"]] = row
    return [
        {
            "objective": row["objective"],
            "trained": stages_of(row),
            "epochs": row["epoch"],
            "batches": row.get("batches"),
            "steps": None if row.get("batches") is None else row["epoch"] * row["batches"],
        }
        for row in last.values()
    ]


def ran_words(phase: Facts) -> str:
    """Return a phase that ran in words.

    >>> ran_words({"trained": "stage 1", "epochs": 3000, "batches": 1, "steps": 3000})
    '3,000 epochs of 1 batch (stage 1)'
    """
    batches = phase["batches"]
    words = f"{phase['epochs']:,} epoch{'s' * (phase['epochs'] != 1)}"
    if batches is not None:
        words += f" of {batches:,} batch{'es' * (batches != 1)}"
    return f"{words} ({phase['trained']})"
