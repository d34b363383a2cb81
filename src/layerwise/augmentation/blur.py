"""Images out of focus."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from .._checks import check_number
from .._spec import register
from .images import OfImages, between, check_range


@register
@dataclass(frozen=True, repr=False)
class Blur(OfImages):
    """Blur an image by a Gaussian, each row by its own.

    The window is as wide as a tenth of the image's side, an odd number of pixels and at least 3; at
    the edges the image is mirrored.

    Parameters
    ----------
    sigma : (float, float), default (0.1, 2.0)
        The range of the standard deviation, in pixels, above 0; drawn uniformly.
    p : float, default 0.5
        How likely a row is blurred, in [0, 1].

    Raises
    ------
    PairingError
        On rows that are not images.

    References
    ----------
    Chen, Kornblith, Norouzi and Hinton (2020), "A simple framework for contrastive learning of
    visual representations".

    Examples
    --------
    >>> import torch
    >>> from layerwise import Blur, Space
    >>> image = torch.zeros(1, 1, 9, 9)
    >>> image[0, 0, 4, 4] = 1.0
    >>> view = Blur((1.0, 1.0), p=1.0).view(image, Space.of("unit", 1, 9, 9), torch.Generator())
    >>> round(float(view[0, 0, 4, 4]), 3), round(float(view.sum()), 3)
    (0.204, 1.0)
    """

    does: ClassVar[str] = "blurs images"

    sigma: tuple[float, float] = (0.1, 2.0)
    p: float = 0.5

    def __post_init__(self) -> None:
        check_range(self, "sigma", self.sigma, 0.0, math.inf, open_low=True)
        check_number(self, "p", self.p, 0.0, 1.0)

    def changed(self, x: Tensor, drawn: Tensor) -> Tensor:
        sigma = between(drawn, *self.sigma)  # (n, 1)
        across, down = (_blurring(sigma, size).to(x.dtype) for size in (x.shape[3], x.shape[2]))
        return down[:, None] @ (x @ across.transpose(1, 2)[:, None])


def _blurring(sigma: Tensor, size: int) -> Tensor:
    """Return the matrices that blur one side, ``(n, 1) -> (n, size, size)``.

    Products of small matrices cost half of a convolution with a filter a row, whose group is every
    single channel.
    """
    radius = min(max(1, round(size / 20)), size - 1)
    taps = torch.arange(-radius, radius + 1, device=sigma.device)
    weights = (-0.5 * (taps / sigma).square()).softmax(1)  # (n, taps)
    place = torch.arange(size, device=sigma.device)
    source = (place + taps[:, None]).abs()  # (taps, size); the edge is a mirror
    source = torch.where(source > size - 1, 2 * (size - 1) - source, source)
    chosen = source[..., None] == place  # (taps, size, size)
    return (weights @ chosen.flatten(1).to(weights.dtype)).view(-1, size, size)
