"""The one module that is trained."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

import torch
from torch import Tensor, nn

from .._contracts import Batch
from .._random import At
from ..architecture import StackModule
from ..objective import Objective


class Trainee(nn.Module):
    """A slice and an objective's state; calling it is the loss.

    A part of the state that is in evaluation mode when training begins, such as a teacher, stays in
    it.
    """

    def __init__(
        self,
        codec: StackModule,
        objective: Objective,
        state: nn.Module | None,
        autocast: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.codec = codec
        self.objective = objective
        self.state = state
        self.autocast = autocast
        # as a tuple, which nn.Module does not take for modules of its own
        parts = () if state is None else tuple(state.modules())
        self.still = tuple(part for part in parts if not part.training)

    def forward(self, batch: Batch, at: At) -> tuple[Tensor, dict[str, Tensor]]:
        if self.autocast is None:
            return self.objective.loss(self.codec, self.state, batch, at)
        with torch.autocast(batch.x.device.type, dtype=self.autocast):
            return self.objective.loss(self.codec, self.state, batch, at)

    def train(self, mode: bool = True) -> Self:
        super().train(mode)
        for part in self.still:
            part.training = False
        return self

    def rest(self) -> None:
        """End a phase: the slice is in evaluation mode; the state is as the next phase takes it
        over."""
        self.train()
        self.codec.eval()

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        """Be in evaluation mode inside the block, and undo what it does to a buffer (a queue, a
        chain, batch statistics)."""
        kept = [
            (part._buffers, name, buffer, buffer.clone())
            for part in self.modules()
            for name, buffer in part._buffers.items()
            if buffer is not None
        ]
        self.eval()
        try:
            with torch.no_grad():
                yield
        finally:
            for buffers, name, buffer, value in kept:
                buffers[name] = buffer  # also where another tensor was put in its place
                buffer.data.copy_(value)

    def snapshot(self) -> dict[str, Tensor]:
        """Return a copy of every parameter and buffer."""
        return {name: value.detach().clone() for name, value in self.state_dict().items()}
