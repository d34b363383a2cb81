"""What an objective is."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from .._contracts import Batch, Space
from .._random import Draws
from .._spec import Spec

Terms = dict[str, Tensor]


class Objective(Spec):
    """A loss over a codec: a frozen value. What it learns beside the codec is its state, an
    ``nn.Module`` or None.

    Class attributes
    ----------------
    level : {'slice', 'data'}
        Whether it works on the input of the trained slice (then codes can be cached) or on the data
        themselves.
    needs : {'rows', 'labels', 'both'}
        Whether it is fed with all rows, with the labelled rows, or with batches of both.
    paced_by : {'labels', 'rows'}
        Where both are needed: whether an epoch is a pass over the labelled rows or over all rows.
    """

    level: ClassVar[str] = "slice"
    needs: ClassVar[str] = "rows"
    paced_by: ClassVar[str] = "labels"
    ratio = 1.0  # rows of all drawn for each labelled one, where both are needed

    def check(self, codec: Any, target: Space | None) -> None:
        """Raise PairingError when this codec and this target cannot be trained so."""

    def state_key(self) -> object:
        """Return what must be equal for a later step of a plan to go on with this one's state."""
        return self

    def init(
        self, codec: Any, target: Space | None, generator: torch.Generator
    ) -> nn.Module | None:
        """Return the state: parameters are trained, buffers are kept."""
        return None

    def resume(self, state: nn.Module | None, codec: Any) -> nn.Module | None:
        """Return the state to go on with from a step before of the same ``state_key``: that step's
        own state where its objective was equal, else what it predicts with."""
        return state

    def head_widths(self) -> tuple[int, ...] | None:
        """Return the widths of the hidden layers of the head that predicts, or None where no labels
        are learned."""
        return None

    def predictor(self, state: nn.Module | None) -> nn.Module | None:
        """Return what maps codes to outputs after training; by default the whole state."""
        return state

    @abstractmethod
    def loss(
        self, codec: Any, state: nn.Module | None, batch: Batch, draws: Draws
    ) -> tuple[Tensor, Terms]:
        """Return the mean loss of the batch and named terms for the history."""

    def validation(self, codec: Any, state: nn.Module | None, batch: Batch, draws: Draws) -> Tensor:
        """Return what is compared over epochs on held-out rows: lower is better. By default the
        loss."""
        return self.loss(codec, state, batch, draws)[0]

    def after_step(self, codec: Any, state: nn.Module | None) -> None:
        """Do what follows a step of the optimiser."""

    def begin_epoch(self, codec: Any, state: nn.Module | None, epoch: int) -> None:
        """Do what comes before an epoch."""
