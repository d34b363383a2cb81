"""Whose luck the intervals of a study speak of."""

from __future__ import annotations

from .runner import Outcome
from .wording import Words

TOLD = 0.01  # share of labels in common from which on it is worth a word


def luck_of(outcome: Outcome) -> str:
    """Return a sentence: the labels and the test rows are drawn again and again, the rows that are
    pretrained on are not."""
    data = outcome.data
    pool = len(data.y)
    tested = "one test part" if data.test_y is not None else "test rows of each draw's own"
    text = (
        f"The intervals speak of other labels and other test rows ({tested}), with these "
        f"{pool:,} rows to pretrain on: what another pool would do is not in them."
    )
    shared = {b: one.labels for b, one in outcome.sharing.items() if one.labels > TOLD}
    if not shared or len(outcome.draws) < 2:
        return text
    named = Words.list(f"{b:,} labels {share:.0%}" for b, share in shared.items())
    return (
        f"{text} Two draws have labelled rows in common (with {named}); the intervals are wider "
        "for it."
    )
