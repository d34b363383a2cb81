"""Learning-rate shapes by name: the factor on the peak rate at a share of the phase."""

from __future__ import annotations

import math
from collections.abc import Callable

WARM_SHARE = 0.3  # of one_cycle; Smith and Topin (2019), "Super-convergence"
START_FACTOR = 1 / 25
END_FACTOR = 1e-5
LINEAR_WARM_SHARE = 0.1


def _between(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2


def _one_cycle(t: float) -> float:
    if t < WARM_SHARE:
        return _between(START_FACTOR, 1.0, t / WARM_SHARE)
    return _between(1.0, END_FACTOR, (t - WARM_SHARE) / (1 - WARM_SHARE))


def _step(t: float) -> float:
    return 1.0 if t < 0.5 else 0.1 if t < 0.75 else 0.01


def _warmup_linear(t: float) -> float:
    return t / LINEAR_WARM_SHARE if t < LINEAR_WARM_SHARE else (1 - t) / (1 - LINEAR_WARM_SHARE)


SHAPES: dict[str, Callable[[float], float]] = {
    "constant": lambda t: 1.0,
    "step": _step,
    "cosine": lambda t: _between(1.0, 0.0, t),
    "one_cycle": _one_cycle,
    "warmup_linear": _warmup_linear,
}
ENDING = frozenset({"step", "cosine", "one_cycle", "warmup_linear"})


def factor_at(shape: str, step: int, steps: int) -> float:
    """Return the factor at the middle of a step, so that neither the first nor the last step has
    rate 0.

    >>> factor_at("cosine", 0, 1)
    0.5
    """
    return SHAPES[shape]((step + 0.5) / max(1, steps))
