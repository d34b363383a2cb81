"""A part of an image in place of the whole, and its mirror image."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from .._checks import check_bool, check_number
from .._spec import register
from .boxes import boxes
from .images import OfImages, check_range
from .warp import Warp


@register
@dataclass(frozen=True, repr=False)
class Crop(Warp):
    """Cut a box out of an image and stretch it over the whole, bilinearly.

    Parameters
    ----------
    area : (float, float), default (0.5, 1.0)
        The range of the box's share of the image, in (0, 1]; drawn uniformly.
    ratio : (float, float), default (0.75, 1.3333)
        The range of its width to its height against the image's own, above 0; the logarithm is
        drawn uniformly, and cut to where a box of this area fits in.
    p : float, default 1.0
        How likely a row is changed, in [0, 1].

    Raises
    ------
    PairingError
        On rows that are not images.

    References
    ----------
    Szegedy et al. (2015), "Going deeper with convolutions".

    Examples
    --------
    >>> import torch
    >>> from layerwise import Crop, Space
    >>> images, generator = torch.ones(2, 3, 8, 8), torch.Generator().manual_seed(0)
    >>> parts = Crop((0.2, 0.4)).view(images, Space.of("unit", 3, 8, 8), generator)
    >>> parts.shape, bool(parts.min() > 0.999)
    (torch.Size([2, 3, 8, 8]), True)
    """

    draws: ClassVar[int] = 4
    does: ClassVar[str] = "cuts boxes out of images"
    outside: ClassVar[str] = "border"  # half a pixel of it, where a box ends at the edge

    area: tuple[float, float] = (0.5, 1.0)
    ratio: tuple[float, float] = (0.75, 4 / 3)
    p: float = 1.0

    def __post_init__(self) -> None:
        check_range(self, "area", self.area, 0.0, 1.0, open_low=True)
        check_range(self, "ratio", self.ratio, 0.0, math.inf, open_low=True)
        check_number(self, "p", self.p, 0.0, 1.0)

    def sources(self, drawn: Tensor, height: int, width: int) -> Tensor:
        top, left, high, wide = boxes(drawn, self.area, self.ratio)
        none = torch.zeros_like(top)
        rows = [wide, none, 2 * left + wide - 1, none, high, 2 * top + high - 1]
        return torch.stack(rows, 1).view(-1, 2, 3)


@register
@dataclass(frozen=True, repr=False)
class Flip(OfImages):
    """Mirror an image, exactly.

    Parameters
    ----------
    p : float, default 0.5
        How likely a row is mirrored, in [0, 1].
    vertical : bool, default False
        Swap top and bottom in place of left and right.

    Raises
    ------
    PairingError
        On rows that are not images.

    Examples
    --------
    >>> import torch
    >>> from layerwise import Flip, Space
    >>> image = torch.tensor([[[[1.0, 2.0, 3.0]]]])
    >>> Flip(1.0).view(image, Space.of("real", 1, 1, 3), torch.Generator()).tolist()
    [[[[3.0, 2.0, 1.0]]]]
    """

    draws: ClassVar[int] = 0
    does: ClassVar[str] = "mirrors images"

    p: float = 0.5
    vertical: bool = False

    def __post_init__(self) -> None:
        check_number(self, "p", self.p, 0.0, 1.0)
        check_bool(self, "vertical", self.vertical)

    def changed(self, x: Tensor, drawn: Tensor) -> Tensor:
        return x.flip(2 if self.vertical else 3)
