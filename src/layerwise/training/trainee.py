"""The one module that is trained."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from .._contracts import Batch
from .._random import Draws
from ..objective import Objective


class Trainee(nn.Module):
    """A slice and an objective's state; calling it is the loss."""

    def __init__(
        self,
        codec: Any,
        objective: Objective,
        state: nn.Module | None,
        autocast: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.codec = codec
        self.objective = objective
        self.state = state
        self.autocast = autocast

    def forward(self, batch: Batch, draws: Draws) -> tuple[Tensor, dict[str, Tensor]]:
        if self.autocast is None:
            return self.objective.loss(self.codec, self.state, batch, draws)
        with torch.autocast(batch.x.device.type, dtype=self.autocast):
            return self.objective.loss(self.codec, self.state, batch, draws)

    def snapshot(self) -> dict[str, Tensor]:
        """Return a copy of every parameter and buffer."""
        return {name: value.detach().clone() for name, value in self.state_dict().items()}
