"""An objective around another one."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .._checks import check_kind
from .._contracts import Batch, Codec
from .._errors import ParameterError
from .._random import At
from .._space import Space
from ..augmentation import Augmentation
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

    @property
    def level(self) -> str:
        return self.objective.level

    @property
    def needs(self) -> str:
        return self.objective.needs

    @property
    def paced_by(self) -> str:
        return self.objective.paced_by

    @property
    def ratio(self) -> float:
        return self.objective.ratio

    @property
    def least_rows(self) -> int:
        return self.objective.least_rows

    @property
    def trains_decoder(self) -> bool:
        return self.objective.trains_decoder

    def head_widths(self) -> tuple[int, ...] | None:
        return self.objective.head_widths()

    def augmentations(self, space: Space) -> tuple[Augmentation, ...]:
        return self.objective.augmentations(space)

    def check(self, codec: Codec, target: Space | None) -> None:
        self.objective.check(codec, target)

    def init(
        self, codec: Codec, target: Space | None, generator: torch.Generator
    ) -> nn.Module | None:
        return self.objective.init(codec, target, generator)

    def resume(self, state: nn.Module | None, codec: Codec) -> nn.Module | None:
        return self.objective.resume(state, codec)

    def predictor(self, state: nn.Module | None) -> nn.Module | None:
        return self.objective.predictor(state)

    def after_step(self, codec: Codec, state: nn.Module | None, batch: Batch, at: At) -> None:
        self.objective.after_step(codec, state, batch, at)

    def end(self, codec: Codec, state: nn.Module | None) -> None:
        self.objective.end(codec, state)

    def validation(self, codec: Codec, state: nn.Module | None, batch: Batch, at: At) -> Tensor:
        return self.objective.validation(codec, state, batch, at)
