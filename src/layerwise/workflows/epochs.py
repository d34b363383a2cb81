"""Many epochs of few batches, said in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .._durable import Facts
from ..training import ran_words

MANY = 500  # epochs
_WHAT = {"pretrain": "Pretraining", "finetune": "Fine-tuning"}


def many_epochs(epochs: Mapping[str, Sequence[Facts]]) -> list[str]:
    """Return a sentence where few rows made many epochs: a phase has a number of steps that few
    rows do not shrink.

    >>> phase = {"trained": "stage 1", "epochs": 3000, "batches": 1, "steps": 3000}
    >>> many_epochs({"pretrain": [phase]})[0][:55]
    'Pretraining ran 3,000 epochs of 1 batch (stage 1): few '
    """
    notes = []
    for name, what in _WHAT.items():
        many = [phase for phase in epochs.get(name, ()) if phase["epochs"] >= MANY]
        if many:
            words = ", ".join(map(ran_words, many))
            steps = sum(phase["steps"] or 0 for phase in many)
            notes.append(
                f"{what} ran {words}: few rows make short epochs, and it takes a number of steps "
                f"({steps:,}) to learn. --set epochs=N takes fewer."
            )
    return notes
