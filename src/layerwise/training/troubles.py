"""What went wrong in training though every number is finite."""

from __future__ import annotations

from collections.abc import Sequence

from .._json import Facts
from .collapsed import collapsed
from .growth import grown


def troubles(history: Sequence[Facts]) -> list[str]:
    """Return a sentence for each phase that diverged or whose encoder collapsed."""
    return [*grown(history), *collapsed(history)]
