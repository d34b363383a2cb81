"""The best weights so far."""

from __future__ import annotations

import math

from torch import Tensor

from .trainee import Trainee
from .tree import Tree


class Best:
    """The best validation loss of a phase, and its weights where ``patience`` is set."""

    def __init__(self, trainee: Trainee, patience: int | None) -> None:
        self.trainee, self.patience = trainee, patience
        self.loss, self.epoch = math.inf, 0
        self.weights: dict[str, Tensor] | None = None

    def over(self, epoch: int, loss: float | None) -> bool:
        """Take the loss after an epoch (from 1), and say whether patience has ended."""
        if loss is None:
            return False
        if loss < self.loss:
            self.loss, self.epoch = loss, epoch
            self.weights = self.trainee.snapshot() if self.patience is not None else None
        return self.patience is not None and epoch - self.epoch >= self.patience

    def restore(self) -> None:
        """Let the best weights be those of the trainee."""
        if self.weights is not None:
            self.trainee.load_state_dict(self.weights)

    def tree(self) -> Tree:
        """Return what a checkpoint keeps."""
        return {"loss": self.loss, "epoch": self.epoch, "weights": self.weights}

    def restore_from(self, found: Tree) -> None:
        """Go on from what was kept."""
        self.loss, self.epoch, self.weights = found["loss"], found["epoch"], found["weights"]
