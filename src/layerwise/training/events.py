"""What the loop tells an observer. Progress, printing and recording are functions of these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Event:
    """One thing that happened.

    Parameters
    ----------
    kind : {'phase', 'steps', 'epoch'}
        A phase began; some steps were done (at most every half second); an epoch ended.
    row : dict
        ``step`` (of the plan), ``phase``, ``phases``, ``objective``, ``first`` and ``last`` stage, ``epoch``, ``epochs``, and
        after an epoch ``loss``, ``learning_rate``, ``seconds``, ``rows_per_second``, ``validation`` where there is one.
    share : float
        Done share of the phase, in [0, 1].
    """

    kind: str
    row: dict[str, Any]
    share: float = 0.0


Observer = Callable[[Event], None]


def silent(event: Event) -> None:
    """Observe nothing."""
