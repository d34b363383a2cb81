"""What the loop tells an observer. Progress, printing and recording are functions of these."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from .._durable import Facts


@dataclass(frozen=True)
class Event:
    """One thing that happened.

    Parameters
    ----------
    kind : {'phase', 'steps', 'epoch'}
        A phase began; some steps were done (at most every half second); an epoch ended.
    row : dict
        ``step`` (of the plan), ``phase``, ``phases``, ``objective``, ``first`` and ``last`` stage,
        ``epoch``, ``epochs``, and after an epoch ``loss``, ``learning_rate``, ``seconds``,
        ``rows_per_second``, ``batches`` (of the epoch), ``validation`` where there is one.
    share : float
        Done share of the phase, in [0, 1].

    Examples
    --------
    >>> from layerwise import Event
    >>> Event("epoch", {"loss": 0.1}, share=1.0).row["loss"]
    0.1
    """

    kind: str
    row: Facts
    share: float = 0.0


Observer = Callable[[Event], None]


def silent(event: Event) -> None:
    """Observe nothing."""


_CURRENT: ContextVar[Observer] = ContextVar("observer", default=silent)


@contextmanager
def observing(observer: Observer) -> Iterator[None]:
    """Let ``observer`` hear the events of every fit inside the block, also those of cloned
    estimators.

    >>> from layerwise import Dense, Pretrainer, Stack, observing
    >>> import numpy as np
    >>> heard = []
    >>> with observing(lambda event: heard.append(event.kind)):
    ...     _ = Pretrainer(Stack(Dense(2)), random_state=0).fit(np.eye(4))
    >>> heard[0]
    'phase'
    """
    token = _CURRENT.set(observer)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def observer_for(verbose: int) -> Observer:
    """Return the current observer, joined by lines on standard error when ``verbose`` is above
    0."""
    current = _CURRENT.get()
    if not verbose:
        return current

    def both(event: Event) -> None:
        current(event)
        if event.kind == "epoch":
            print(describe(event.row), file=sys.stderr)

    return both


def stages_of(row: Facts) -> str:
    """Return what a row's phase trains, in words; stages are counted from 1."""
    first, last = row["first"] + 1, row["last"] + 1
    return (
        "head" if last < first else f"stage {first}" if first == last else f"stages {first}-{last}"
    )


def describe(row: Facts) -> str:
    """Return one line for a row of the history."""
    validation = f"  validation {row['validation']:.4f}" if "validation" in row else ""
    return (
        f"{row['objective']}, phase {row['phase'] + 1}/{row['phases']}, {stages_of(row)}: epoch "
        f"{row['epoch']}/{row['epochs']}"
        f"  loss {row['loss']:.4f}{validation}  {row['rows_per_second']:,.0f} rows/s"
    )
