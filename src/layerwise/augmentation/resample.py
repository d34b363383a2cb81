"""Columns of a row from other rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from .._checks import check_number
from .._space import Space
from .._spec import register
from .corruption import Corruption, columns, from_others, to_features


@register
@dataclass(frozen=True, repr=False)
class Resample(Corruption):
    """Take a share of a row's columns from other rows of the batch, each from a row of its own: a
    draw from the column's marginal.

    Exactly ``round(share * columns)`` columns of each row are chosen, all as likely, where
    ``Swap(p)`` flips a coin for each. The one-hot columns of a category are one column. A single
    row has no other: it stays as it is.

    Parameters
    ----------
    share : float, default 0.6
        In [0, 1].

    References
    ----------
    Bahri, Jiang, Tay and Metzler (2022), "SCARF: self-supervised contrastive learning using random
    feature corruption".

    Examples
    --------
    >>> import torch
    >>> from layerwise import Resample, Space
    >>> rows, generator = torch.rand(100, 10), torch.Generator().manual_seed(0)
    >>> _, chosen = Resample(0.6).corrupt(rows, Space.of("real", 10), generator)
    >>> set(chosen.sum(1).tolist())
    {6}
    """

    leaves_input: ClassVar[bool] = True

    share: float = 0.6

    def __post_init__(self) -> None:
        check_number(self, "share", self.share, 0.0, 1.0)

    def corrupt(self, x: Tensor, space: Space, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        count = columns(space)
        drawn = torch.rand(len(x), count, generator=generator)
        picked = drawn.topk(round(self.share * count), dim=1, sorted=False).indices
        chosen = torch.zeros(len(x), count, dtype=torch.bool).scatter_(1, picked, True)
        chosen = to_features(chosen.to(x.device), space).view_as(x)
        return from_others(x, chosen, space, generator)
