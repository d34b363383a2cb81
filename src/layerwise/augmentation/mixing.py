"""Rows between rows: inputs and labels of two, mixed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from .._checks import check_number
from .._errors import PairingError
from .._random import beta
from .._space import Space
from .._spec import Spec, register


class Mixed(NamedTuple):
    """Mixed rows ``(n, *in)``, the partner of each ``(n,)``, and the share of the row itself
    ``(n,)``, in [0, 1]."""

    x: Tensor
    partner: Tensor
    share: Tensor


class Mixing(Spec, ABC):
    """Base of what mixes two labelled rows into one: a frozen value.

    The label of a mixed row is ``share`` times its own and ``1 - share`` times its partner's.
    """

    @abstractmethod
    def mix(self, x: Tensor, space: Space, generator: torch.Generator) -> Mixed:
        """Return every row mixed with another of the batch."""

    def check(self, space: Space) -> None:
        """Raise PairingError where this has no meaning."""


@register
@dataclass(frozen=True, repr=False)
class MixUp(Mixing):
    """``x = share * x_i + (1 - share) * x_j``, and the labels in the same way.

    Each row has a share of its own, drawn from Beta(alpha, alpha).

    Parameters
    ----------
    alpha : float, default 0.2
        Above 0: near 0 rows stay nearly as they are, at 1 every share is as likely.

    Raises
    ------
    PairingError
        On tokens, which cannot be mixed.

    References
    ----------
    Zhang, Cisse, Dauphin and Lopez-Paz (2018), "mixup: beyond empirical risk minimization".

    Examples
    --------
    >>> from layerwise import MixUp, Supervised
    >>> Supervised(mix=MixUp(0.4))
    Supervised(mix=MixUp(0.4))
    """

    alpha: float = 0.2

    def __post_init__(self) -> None:
        check_number(self, "alpha", self.alpha, 0.0, open_low=True)

    def check(self, space: Space) -> None:
        if space.holds("token"):
            raise PairingError(
                f"{self!r} mixes numbers; the data hold tokens.", "Leave mix out of Supervised."
            )

    def mix(self, x: Tensor, space: Space, generator: torch.Generator) -> Mixed:
        partner, share = _drawn(x, self.alpha, generator)
        shaped = share.view(-1, *[1] * (x.ndim - 1))
        return Mixed(torch.lerp(x[partner], x, shaped), partner, share)


@register
@dataclass(frozen=True, repr=False)
class CutMix(Mixing):
    """A box of each image comes from another image; the labels are mixed by their areas.

    The box has the image's proportions and lies anywhere; what hangs over the edge is cut off, and
    the share is what is left of the image itself.

    Parameters
    ----------
    alpha : float, default 1.0
        Above 0: the area that stays is drawn from Beta(alpha, alpha).

    Raises
    ------
    PairingError
        On rows that are not images.

    References
    ----------
    Yun, Han, Oh, Chun, Choe and Yoo (2019), "CutMix: regularization strategy to train strong
    classifiers with localizable features".

    Examples
    --------
    >>> from layerwise import CutMix, Supervised
    >>> Supervised(mix=CutMix())
    Supervised(mix=CutMix())
    """

    alpha: float = 1.0

    def __post_init__(self) -> None:
        check_number(self, "alpha", self.alpha, 0.0, open_low=True)

    def check(self, space: Space) -> None:
        if len(space.shape) != 3:
            raise PairingError(
                f"{self!r} cuts boxes out of images; a row has the shape {space.shape}.",
                "Say Stack(..., in_shape=(1, 28, 28)), give 4-D arrays, or use MixUp.",
            )

    def mix(self, x: Tensor, space: Space, generator: torch.Generator) -> Mixed:
        partner, stays = _drawn(x, self.alpha, generator)
        n, _, height, width = x.shape
        centre = torch.rand(n, 2, generator=generator).to(x.device)
        half = (1.0 - stays).sqrt() / 2
        inside = [
            (torch.arange(size, device=x.device) + 0.5) / size - centre[:, i : i + 1]
            for i, size in enumerate((height, width))
        ]
        rows, columns = ((place.abs() <= half[:, None]) for place in inside)
        box = (rows[:, :, None] & columns[:, None, :])[:, None]  # (n, 1, h, w)
        share = 1.0 - box.float().mean((1, 2, 3))
        return Mixed(torch.where(box, x[partner], x), partner, share)


def _drawn(x: Tensor, alpha: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return a partner of each row, another one where there is another, and its share."""
    n = len(x)
    share = beta(n, alpha, generator).to(x.device, x.dtype)
    distance = torch.randint(1, n, (n,), generator=generator) if n > 1 else torch.zeros(n).long()
    return ((torch.arange(n) + distance) % n).to(x.device), share
