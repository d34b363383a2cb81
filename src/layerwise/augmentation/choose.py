"""Augmentations for some rows: one of several, or one now and then."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from .._checks import check_kind, check_number
from .._errors import ParameterError
from .._space import Space
from .._spec import register
from .augmentation import Augmentation, view_of

_SUCH = "an augmentation such as Masking(0.25)"


class _Choice(Augmentation):
    """Base of what hands rows to augmentations; rows that none is handed stay as they are."""

    leaves_input: ClassVar[bool] = True

    @abstractmethod
    def shares(self, n: int, generator: torch.Generator) -> Iterator[tuple[Augmentation, Tensor]]:
        """Yield each augmentation with the rows that are its own, ``(m,)``."""

    def view(self, x: Tensor, space: Space, generator: torch.Generator) -> Tensor:
        result = x.clone()
        for one, rows in self.shares(len(x), generator):
            if len(rows):
                rows = rows.to(x.device)
                result[rows] = view_of(one, x.index_select(0, rows), space, generator)
        return result

    def corrupt(self, x: Tensor, space: Space, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        result, changed = x.clone(), torch.zeros_like(x, dtype=torch.bool)
        for one, rows in self.shares(len(x), generator):
            if len(rows):
                rows = rows.to(x.device)
                result[rows], changed[rows] = one.corrupt(x.index_select(0, rows), space, generator)
        return result, changed


@register
@dataclass(frozen=True, repr=False, init=False)
class OneOf(_Choice):
    """Each row is handed to one of several augmentations, each as likely.

    What takes values from other rows of a batch, as Swap does, sees only the rows that are handed
    to it.

    Parameters
    ----------
    *augmentations : Augmentation
        At least one.

    Examples
    --------
    >>> from layerwise import OneOf, Rotate, Shear
    >>> OneOf(Rotate(20), Shear(15))
    OneOf(Rotate(20), Shear(15))
    """

    augmentations: tuple[Augmentation, ...]

    def __init__(self, *augmentations: Augmentation) -> None:
        for one in augmentations:
            check_kind(self, "augmentations", one, Augmentation, _SUCH)
        if not augmentations:
            raise ParameterError(
                "The 'augmentations' parameter of OneOf must be at least one augmentation. Got "
                "none.",
                "Use Compose() for what changes nothing.",
            )
        object.__setattr__(self, "augmentations", tuple(augmentations))

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Self:
        return cls(*fields["augmentations"])

    def check(self, space: Space) -> None:
        for one in self.augmentations:
            one.check(space)

    def shares(self, n: int, generator: torch.Generator) -> Iterator[tuple[Augmentation, Tensor]]:
        mine = torch.randint(len(self.augmentations), (n,), generator=generator)
        for i, one in enumerate(self.augmentations):
            yield one, (mine == i).nonzero()[:, 0]

    def __repr__(self) -> str:
        return f"OneOf({', '.join(map(repr, self.augmentations))})"


@register
@dataclass(frozen=True, repr=False)
class Sometimes(_Choice):
    """An augmentation that each row is handed to with probability ``p``.

    What takes values from other rows of a batch, as Swap does, sees only the rows that are handed
    to it.

    Parameters
    ----------
    augmentation : Augmentation
    p : float, default 0.5
        In [0, 1].

    Examples
    --------
    >>> import torch
    >>> from layerwise import Masking, Sometimes, Space
    >>> rows, generator = torch.ones(1000, 1), torch.Generator().manual_seed(0)
    >>> view = Sometimes(Masking(1.0), 0.3).view(rows, Space.of("unit", 1), generator)
    >>> round(float((view == 0).float().mean()), 1)
    0.3
    """

    augmentation: Augmentation
    p: float = 0.5

    def __post_init__(self) -> None:
        check_kind(self, "augmentation", self.augmentation, Augmentation, _SUCH)
        check_number(self, "p", self.p, 0.0, 1.0)

    def check(self, space: Space) -> None:
        self.augmentation.check(space)

    def shares(self, n: int, generator: torch.Generator) -> Iterator[tuple[Augmentation, Tensor]]:
        yield self.augmentation, (torch.rand(n, generator=generator) < self.p).nonzero()[:, 0]
