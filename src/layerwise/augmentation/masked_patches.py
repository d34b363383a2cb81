"""Squares of an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from .._checks import check_int, check_number
from .._errors import PairingError
from .._random import bernoulli
from .._space import Space
from .._spec import register
from .corruption import Corruption


@register
@dataclass(frozen=True, repr=False)
class MaskedPatches(Corruption):
    """Set squares of an image to 0 in all channels, so that about a share ``p`` of its pixels is
    gone.

    Squares lie at random places and may overlap and hang over the edge.

    Parameters
    ----------
    p : float, default 0.25
        Expected share of masked pixels, in [0, 1).
    size : int, default 4
        Side of a square, in pixels.

    Raises
    ------
    PairingError
        On rows that are not images.

    References
    ----------
    Pathak, Krahenbuhl, Donahue, Darrell and Efros (2016), "Context encoders: feature learning by
    inpainting".

    Examples
    --------
    >>> from layerwise import Denoising, MaskedPatches
    >>> Denoising(MaskedPatches(0.3, 5))
    Denoising(MaskedPatches(0.3, 5))
    """

    leaves_input: ClassVar[bool] = True

    p: float = 0.25
    size: int = 4

    def __post_init__(self) -> None:
        check_number(self, "p", self.p, 0.0, 0.999)
        check_int(self, "size", self.size, 1)

    def check(self, space: Space) -> None:
        if len(space.shape) != 3:
            raise PairingError(
                f"{self!r} masks squares of an image; a row has the shape {space.shape}.",
                "Say Stack(..., in_shape=(1, 28, 28)), give 4-D arrays, or use Masking.",
            )

    def corrupt(self, x: Tensor, space: Space, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        n, _, height, width = x.shape
        corner = 1.0 - (1.0 - self.p) ** (
            1.0 / self.size**2
        )  # a pixel stays when none of size**2 corners is drawn
        places = (n, 1, height + self.size - 1, width + self.size - 1)
        corners = (
            bernoulli(places, corner, generator).float()
            if corner >= 2**-12
            else _rare(places, corner, generator)
        )
        chosen = (
            torch.nn.functional.max_pool2d(corners.to(x.device), self.size, stride=1)
            .bool()
            .expand_as(x)
        )
        return x.masked_fill(chosen, 0.0), chosen


def _rare(shape: tuple[int, ...], p: float, generator: torch.Generator) -> Tensor:
    return (torch.rand(shape, generator=generator, dtype=torch.float64) < p).float()
