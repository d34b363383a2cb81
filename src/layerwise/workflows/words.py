"""What the two arms of a comparison are called."""

from __future__ import annotations

from dataclasses import dataclass

from ..recipes import Recipe


@dataclass(frozen=True)
class ArmWords:
    """Names of the arms, what differs between them, and how the control began, as parts of
    sentences."""

    first: str
    second: str
    cause: str
    instead: str


PRETRAINING = ArmWords("pretrained", "random start", "pretraining", "from random weights")
UNLABELLED = ArmWords(
    "with unlabelled rows",
    "labels alone",
    "learning from the unlabelled rows",
    "from the labels alone",
)


def words_of(recipe: Recipe) -> ArmWords:
    """Return the words for a recipe: one with a control of its own differs in more than its
    start."""
    return PRETRAINING if recipe.control is None else UNLABELLED
