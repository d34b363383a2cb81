"""What an augmentation is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import Tensor

from .._space import Space
from .._spec import Spec


class Augmentation(Spec, ABC):
    """What may change in a row without changing what it is: a frozen value.

    It makes a *view* of every row of a batch, each with parameters of its own. It is used by
    objectives of two views, by ``Supervised(augment=...)`` and by ``Denoising``, which learns to
    undo it.

    Your own subclass implements ``view``; it is handed a copy, so that it may work in place. Set
    ``leaves_input`` to spare the copy when it never does. Every random number comes from the
    generator, as many for a row as for any other: a row's view is then the same whatever the other
    rows of the batch hold.

    Examples
    --------
    >>> import torch
    >>> from layerwise import Masking, Space
    >>> rows = torch.ones(2, 3)
    >>> Masking(1.0).view(rows, Space.of("unit", 3), torch.Generator()).tolist()
    [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """

    leaves_input: ClassVar[bool] = False

    @abstractmethod
    def view(self, x: Tensor, space: Space, generator: torch.Generator) -> Tensor:
        """Return a view of each row, ``(n, *in) -> (n, *in)``."""

    def corrupt(self, x: Tensor, space: Space, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return the view ``(n, *in)`` and a bool tensor ``(n, *in)``: which entries are others
        than before."""
        view = self.view(x if self.leaves_input else x.clone(), space, generator)
        return view, view != x

    def check(self, space: Space) -> None:
        """Raise PairingError where this augmentation has no meaning."""


def view_of(
    augmentation: Augmentation | None, x: Tensor, space: Space, generator: torch.Generator
) -> Tensor:
    """Return a view of each row; without an augmentation the rows themselves."""
    if augmentation is None:
        return x
    return augmentation.view(x if augmentation.leaves_input else x.clone(), space, generator)
