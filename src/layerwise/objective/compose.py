"""Several corruptions, one after another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from .._checks import check_kind
from .._space import Space
from .._spec import register
from .corruption import Corruption


@register
@dataclass(frozen=True, repr=False, init=False)
class Compose(Corruption):
    """Several corruptions, one after another.

    >>> from layerwise import Compose, Gaussian, Masking
    >>> Compose(Masking(0.1), Gaussian(0.2))
    Compose(Masking(0.1), Gaussian(0.2))
    """

    leaves_input: ClassVar[bool] = True

    corruptions: tuple[Corruption, ...]

    def __init__(self, *corruptions: Corruption) -> None:
        for corruption in corruptions:
            check_kind(
                self, "corruptions", corruption, Corruption, "corruptions such as Masking(0.25)"
            )
        object.__setattr__(self, "corruptions", tuple(corruptions))

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Self:
        return cls(*fields["corruptions"])

    def check(self, space: Space) -> None:
        for corruption in self.corruptions:
            corruption.check(space)

    def corrupt(self, x: Tensor, space: Space, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        changed = torch.zeros_like(x, dtype=torch.bool)
        for corruption in self.corruptions:
            x, chosen = corruption.corrupt(
                x if corruption.leaves_input else x.clone(), space, generator
            )
            changed = changed | chosen
        return x, changed

    def __repr__(self) -> str:
        return f"Compose({', '.join(map(repr, self.corruptions))})"
