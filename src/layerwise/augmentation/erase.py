"""A box of an image, gone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from .._checks import check_number
from .._space import Space
from .._spec import register
from .boxes import boxes
from .corruption import Corruption
from .images import check_range, refuse_what_is_no_image


@register
@dataclass(frozen=True, repr=False)
class Erase(Corruption):
    """Fill a box of an image, in all channels.

    Parameters
    ----------
    area : (float, float), default (0.02, 0.33)
        The range of the box's share of the image, in (0, 1]; drawn uniformly.
    ratio : (float, float), default (0.3, 3.3)
        The range of its width to its height against the image's own, above 0; the logarithm is
        drawn uniformly, and cut to where a box of this area fits in.
    p : float, default 0.5
        How likely a row loses a box, in [0, 1].
    fill : float, default 0.0
        What the pixels of the box become.

    Raises
    ------
    PairingError
        On rows that are not images.

    References
    ----------
    Zhong, Zheng, Kang, Li and Yang (2020), "Random erasing data augmentation". DeVries and Taylor
    (2017), "Improved regularization of convolutional neural networks with cutout".

    Examples
    --------
    >>> import torch
    >>> from layerwise import Erase, Space
    >>> images, quarter = torch.ones(1, 1, 8, 8), Erase((0.25, 0.25), (1.0, 1.0), p=1.0)
    >>> view = quarter.view(images, Space.of("unit", 1, 8, 8), torch.Generator())
    >>> int((view == 0).sum())  # 4 times 4 of 64
    16
    """

    leaves_input: ClassVar[bool] = True

    area: tuple[float, float] = (0.02, 0.33)
    ratio: tuple[float, float] = (0.3, 3.3)
    p: float = 0.5
    fill: float = 0.0

    def __post_init__(self) -> None:
        check_range(self, "area", self.area, 0.0, 1.0, open_low=True)
        check_range(self, "ratio", self.ratio, 0.0, math.inf, open_low=True)
        check_number(self, "p", self.p, 0.0, 1.0)
        check_number(self, "fill", self.fill, -math.inf)

    def check(self, space: Space) -> None:
        refuse_what_is_no_image(self, space, "erases boxes of images")

    def corrupt(self, x: Tensor, space: Space, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        drawn = torch.rand(len(x), 5, generator=generator).to(x.device)
        top, left, high, wide = boxes(drawn[:, 1:], self.area, self.ratio)
        down = _within(top, high, x.shape[2]) & (drawn[:, :1] < self.p)
        across = _within(left, wide, x.shape[3])
        box = (down[:, :, None] & across[:, None, :])[:, None]  # (n, 1, h, w)
        return x.masked_fill(box, self.fill), box.expand_as(x)


def _within(start: Tensor, length: Tensor, size: int) -> Tensor:
    """Which pixels of a side have their centre inside: ``(n,) -> (n, size)``."""
    centre = (torch.arange(size, device=start.device) + 0.5) / size
    return (centre >= start[:, None]) & (centre < (start + length)[:, None])
