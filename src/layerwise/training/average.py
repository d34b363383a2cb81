"""A moving average of the weights, beside those that are trained."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from .trainee import Trainee
from .tree import Tree

WARM = 10  # steps; without it the random start would weigh as much as all that was learned


class Average:
    """``average <- m * average + (1 - m) * weights`` after every step, of parameters and batch
    statistics.

    ``m`` is ``1 - 1 / (share * steps)``, so that the average reaches over that share of the phase
    however long it is, and at first ``t / (t + 10)`` after t steps. A share of 0 does not average.

    Polyak and Juditsky (1992), "Acceleration of stochastic approximation by averaging"; the
    beginning as in Sohn et al. (2020), "FixMatch".
    """

    def __init__(self, trainee: Trainee, share: float, steps: int) -> None:
        self.trainee = trainee
        self.momentum = 1.0 - 1.0 / max(1.0, share * steps)
        self.done = 0
        self.values = self._own() if share else None

    def follow(self) -> None:
        """Move the average after a step."""
        if self.values is None:
            return
        momentum = min(self.momentum, self.done / (self.done + WARM))
        self.done += 1
        now = self.trainee.state_dict()
        with torch.no_grad():
            for name, value in self.values.items():
                if value.is_floating_point():
                    value.lerp_(now[name].detach(), 1.0 - momentum)
                else:
                    value.copy_(now[name])

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Let the average be the weights inside the block."""
        if self.values is None:
            yield
            return
        trained = self._own()
        self.take_over()
        try:
            yield
        finally:
            self.trainee.load_state_dict(trained)

    def take_over(self) -> None:
        """Let the average be the weights."""
        if self.values is not None:
            self.trainee.load_state_dict(self.values)

    def tree(self) -> Tree:
        """Return what a checkpoint keeps."""
        return {"done": self.done, "values": self.values}

    def restore(self, found: Tree) -> None:
        """Go on from what was kept."""
        self.done, self.values = found["done"], found["values"]

    def _own(self) -> dict[str, Tensor]:
        return self.trainee.snapshot()
