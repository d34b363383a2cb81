"""An encoder that answers the same to every row: every number is finite, and nothing was
learned."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from .._json import Facts
from .events import stages_of

LEAST = 0.1  # of the spread, which is 1 where embeddings point everywhere alike
_CURE = (
    "Raise the batch size or the terms that keep rows apart, lower the learning rate, or take "
    "milder augmentations."
)


def collapsed(history: Sequence[Facts]) -> list[str]:
    """Return a sentence for each phase whose embeddings have a spread below 0.1 in its last epoch.

    >>> row = {"step": 0, "phase": 0, "first": 0, "last": 1, "objective": "VICReg", "spread": 0.02}
    >>> collapsed([row])[0][:71]
    'VICReg on stages 1-2 answers nearly the same to every row (spread 0.02 '
    """
    sentences = []
    for _, phase in groupby(history, key=lambda row: (row.get("step"), row.get("phase"))):
        row = [row for row in phase if "search" not in row][-1:]
        if row and (spread := row[0].get("spread")) is not None and spread < LEAST:
            sentences.append(
                f"{row[0]['objective']} on {stages_of(row[0])} answers nearly the same to every "
                f"row (spread {spread:.2f} of 1): the encoder has collapsed. {_CURE}"
            )
    return sentences
