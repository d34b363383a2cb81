"""A loss that grows by orders of magnitude: training that diverged, though every number is
finite."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from .._json import Facts
from .events import stages_of

OF_EPOCHS = 100.0  # times the smallest mean loss of an epoch
OF_BATCH = 1000.0  # times the loss of the first batch, which may lack the rows that are far out
LEAST = 0.01  # a loss below it is as good as none: losses of scaled rows are about 1 at first
_CURE = "Lower Training(learning_rate=...), set Training(clip=1.0), or scale the data."


def grown(history: Sequence[Facts]) -> list[str]:
    """Return a sentence for each phase whose last loss is 100 times the smallest of its epochs, or
    1000 times that of its first batch.

    A loss that begins below 0.01, or is negative, has no orders of magnitude to grow by, and is
    left alone.

    >>> rows = [{"step": 0, "phase": 0, "first": 0, "last": 0, "objective": "Reconstruction"}] * 3
    >>> grown([row | {"loss": loss} for row, loss in zip(rows, (0.5, 0.9, 80.0))])[0][:64]
    'The loss of Reconstruction on stage 1 grew from 0.5 to 80: the t'
    """
    sentences = []
    for _, phase in groupby(history, key=lambda row: (row.get("step"), row.get("phase"))):
        rows = [row for row in phase if row.get("loss") is not None and "search" not in row]
        if rows and (smallest := _diverged(rows)) is not None:
            row = rows[-1]
            sentences.append(
                f"The loss of {row['objective']} on {stages_of(row)} grew from {smallest:.3g} to "
                f"{row['loss']:.3g}: the training diverged. {_CURE}"
            )
    return sentences


def _diverged(rows: list[Facts]) -> float | None:
    """Return the loss that the last one is orders of magnitude above, if there is one."""
    means = [row["loss"] for row in rows]
    begin = rows[0].get("begin")
    begin = means[0] if begin is None else begin
    if begin < LEAST or min(means) < 0:
        return None
    if means[-1] > OF_EPOCHS * max(min(means), LEAST):
        return min(means)
    return begin if means[-1] > OF_BATCH * begin else None
