"""What answers the same to every row, an encoder or guesses: every number is finite, and nothing
was learned."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from .._json import Facts
from .events import stages_of

LEAST = 0.1  # of the spread, which is 1 where embeddings point everywhere alike
LEAST_CLASSES = 0.1  # of the classes guessed, by those of the labels beside them, each less one
_CURE = (
    "Raise the batch size or the terms that keep rows apart, lower the learning rate, or take "
    "milder augmentations."
)


_CURE_OF_GUESSES = (
    "Either most rows are of few classes, or what was guessed first taught itself. Look at the "
    "predictions; where it is the second, give more labels, let the labelled rows teach for longer "
    "first, or learn from them alone."
)


def collapsed(history: Sequence[Facts]) -> list[str]:
    """Return a sentence for each phase whose embeddings have a spread below 0.1 in its last epoch,
    or whose guesses are of few of the classes.

    >>> row = {"step": 0, "phase": 0, "first": 0, "last": 1, "objective": "VICReg", "spread": 0.02}
    >>> collapsed([row])[0][:71]
    'VICReg on stages 1-2 answers nearly the same to every row (spread 0.02 '
    """
    sentences = []
    for _, phase in groupby(history, key=lambda row: (row.get("step"), row.get("phase"))):
        last = next((row for row in reversed(list(phase)) if "search" not in row), {})
        if (spread := last.get("spread")) is not None and spread < LEAST:
            sentences.append(
                f"{last['objective']} on {stages_of(last)} answers nearly the same to every "
                f"row (spread {spread:.2f} of 1): the encoder has collapsed. {_CURE}"
            )
        if (guessed := last.get("classes_guessed")) is not None and guessed < LEAST_CLASSES:
            sentences.append(
                f"{last['objective']} on {stages_of(last)} guesses nearly one class for all rows "
                f"without labels (spread {guessed:.2f} of that of the labels). {_CURE_OF_GUESSES}"
            )
    return sentences
