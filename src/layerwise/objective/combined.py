"""Labels and reconstruction together."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from .._checks import check_kind, check_number
from .._contracts import Batch, Codec
from .._random import At
from .._space import Space
from .._spec import register
from ..augmentation import Augmentation
from .denoising import Denoising
from .objective import Objective, Terms
from .reconstruction import Reconstruction
from .supervised import Supervised
from .wrapper import Wrapper


@register
@dataclass(frozen=True, repr=False)
class Combined(Objective):
    """``supervised(labelled rows) + weight * unsupervised(all rows)``.

    Each step takes a batch of labelled rows and one drawn from all rows; an epoch is one pass over
    the labelled rows.

    Parameters
    ----------
    supervised : Supervised, default Supervised()
    unsupervised : Reconstruction or Denoising, default Reconstruction()
        Also inside ``Sparse`` or ``Contractive``.
    weight : float, default 1.0
        Of the unsupervised part, at least 0.
    ratio : float, default 1.0
        Rows drawn from all rows for each labelled one, above 0.

    References
    ----------
    Ranzato and Szummer (2008), "Semi-supervised learning of compact document representations with
    deep networks".

    Examples
    --------
    >>> from layerwise import Combined, Denoising, Supervised
    >>> Combined(Supervised(), Denoising(), weight=0.5)
    Combined(unsupervised=Denoising(), weight=0.5)
    """

    needs: ClassVar[str] = "both"

    supervised: Supervised = Supervised()
    unsupervised: Objective = Reconstruction()
    _: KW_ONLY
    weight: float = 1.0
    ratio: float = 1.0

    def __post_init__(self) -> None:
        check_kind(self, "supervised", self.supervised, Supervised, "Supervised(...)")
        inner = self.unsupervised
        while isinstance(inner, Wrapper):
            inner = inner.objective
        check_kind(
            self,
            "unsupervised",
            inner,
            (Reconstruction, Denoising),
            "Reconstruction(...), Denoising(...) or one wrapped",
        )
        check_number(self, "weight", self.weight, 0.0)
        check_number(self, "ratio", self.ratio, 0.0, open_low=True)

    @property
    def level(self) -> str:
        both = {self.supervised.level, self.unsupervised.level}
        return "data" if "data" in both else "slice"

    @property
    def least_rows(self) -> int:
        return max(self.supervised.least_rows, self.unsupervised.least_rows)

    @property
    def trains_decoder(self) -> bool:
        return self.unsupervised.trains_decoder

    def augmentations(self, space: Space) -> tuple[Augmentation, ...]:
        return self.supervised.augmentations(space) + self.unsupervised.augmentations(space)

    def check(self, codec: Codec, target: Space | None) -> None:
        self.supervised.check(codec, target)
        self.unsupervised.check(codec, target)

    def state_key(self) -> object:
        return self.supervised.state_key()

    def head_widths(self) -> tuple[int, ...]:
        return self.supervised.head

    def init(self, codec: Codec, target: Space | None, generator: torch.Generator) -> nn.Module:
        return self.supervised.init(codec, target, generator)

    def loss(
        self, codec: Codec, state: nn.Module | None, batch: Batch, at: At
    ) -> tuple[Tensor, Terms]:
        supervised, _ = self.supervised.loss(codec, state, batch, at)
        unsupervised, _ = self.unsupervised.loss(codec, None, batch.other or batch, at)
        terms = {"supervised": supervised.detach(), "unsupervised": unsupervised.detach()}
        return supervised + self.weight * unsupervised, terms

    def after_step(self, codec: Codec, state: nn.Module | None, batch: Batch, at: At) -> None:
        self.unsupervised.after_step(codec, None, batch.other or batch, at)

    def end(self, codec: Codec, state: nn.Module | None) -> None:
        self.unsupervised.end(codec, None)

    def validation(self, codec: Codec, state: nn.Module | None, batch: Batch, at: At) -> Tensor:
        return self.supervised.validation(codec, state, batch, at)
