"""An objective around another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from .._contracts import Batch, Space
from .._errors import ParameterError
from .._random import Draws
from .._spec import check_kind
from .objective import Objective
from .reconstruction import Reconstruction


@dataclass(frozen=True, repr=False)
class Wrapper(Objective):
    """Base of the penalties: everything but ``loss`` is the wrapped objective's (abstract)."""

    objective: Objective = Reconstruction()

    def __post_init__(self) -> None:
        check_kind(
            self, "objective", self.objective, Objective, "an objective such as Reconstruction()"
        )
        if self.objective.needs != "rows":
            raise ParameterError(
                f"{type(self).__name__} wraps an objective that learns from rows without labels. "
                f"Got {self.objective!r} instead.",
                "Wrap Reconstruction, Denoising or ContrastiveDivergence.",
            )

    def check(self, codec: Any, target: Space | None) -> None:
        self.objective.check(codec, target)

    def init(
        self, codec: Any, target: Space | None, generator: torch.Generator
    ) -> nn.Module | None:
        return self.objective.init(codec, target, generator)

    def resume(self, state: nn.Module | None, codec: Any) -> nn.Module | None:
        return self.objective.resume(state, codec)

    def predictor(self, state: nn.Module | None) -> nn.Module | None:
        return self.objective.predictor(state)

    def validation(self, codec: Any, state: nn.Module | None, batch: Batch, draws: Draws) -> Tensor:
        return self.objective.validation(codec, state, batch, draws)

    def after_step(self, codec: Any, state: nn.Module | None) -> None:
        self.objective.after_step(codec, state)

    def begin_epoch(self, codec: Any, state: nn.Module | None, epoch: int) -> None:
        self.objective.begin_epoch(codec, state, epoch)


def weighted_mean(values: Tensor, weight: Tensor | None) -> Tensor:
    """Return the mean over the rows, ``(n, ...) -> (...)``; ``weight`` is ``(n,)``."""
    if weight is None:
        return values.mean(0)
    return (values * weight.view(-1, *[1] * (values.ndim - 1))).sum(0) / weight.sum().clamp_min(
        1e-12
    )
