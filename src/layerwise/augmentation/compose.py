"""Several augmentations, one after another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from .._checks import check_kind
from .._space import Space
from .._spec import register
from .augmentation import Augmentation, view_of


@register
@dataclass(frozen=True, repr=False, init=False)
class Compose(Augmentation):
    """Several augmentations, one after another.

    >>> from layerwise import Compose, Gaussian, Masking
    >>> Compose(Masking(0.1), Gaussian(0.2))
    Compose(Masking(0.1), Gaussian(0.2))
    """

    leaves_input: ClassVar[bool] = True

    augmentations: tuple[Augmentation, ...]

    def __init__(self, *augmentations: Augmentation) -> None:
        for one in augmentations:
            check_kind(
                self, "augmentations", one, Augmentation, "augmentations such as Masking(0.25)"
            )
        object.__setattr__(self, "augmentations", tuple(augmentations))

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Self:
        return cls(*fields["augmentations"])

    def check(self, space: Space) -> None:
        for one in self.augmentations:
            one.check(space)

    def view(self, x: Tensor, space: Space, generator: torch.Generator) -> Tensor:
        for one in self.augmentations:
            x = view_of(one, x, space, generator)
        return x

    def corrupt(self, x: Tensor, space: Space, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        changed = torch.zeros_like(x, dtype=torch.bool)
        for one in self.augmentations:
            x, chosen = one.corrupt(x if one.leaves_input else x.clone(), space, generator)
            changed = changed | chosen
        return x, changed

    def __repr__(self) -> str:
        return f"Compose({', '.join(map(repr, self.augmentations))})"
