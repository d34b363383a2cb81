"""What the design of a study is kind to, in sentences: a reader of its figures must know it."""

from __future__ import annotations

from .runner import Outcome

STRATIFIED = (
    "Labels are drawn in proportion to the classes, each class at least once: kinder than a random "
    "sample of as many rows."
)
COMPUTE = "The control gets no compute in place of the steps of pretraining."


def caveats(outcome: Outcome) -> list[str]:
    """Return the sentences that hold for this study."""
    asks = any("asked" in record for record in outcome.records)
    if asks:  # labels that are asked for are in no proportion, and all arms have the same encoder
        return []
    paired = any(arm.role == "pretrained" and not arm.begins_alike for arm in outcome.arms)
    return [STRATIFIED] * bool(outcome.data.classes) + [COMPUTE] * paired
