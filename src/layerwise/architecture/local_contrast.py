"""Local contrast normalisation of images."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def local_contrast(x: Tensor, width: int) -> Tensor:
    """Subtract from each value the Gaussian-weighted mean of its neighbourhood over all channels,
    then divide by its deviation.

    ``(n, c, h, w) -> (n, c, h, w)``. The divisor is at least its own mean over the image, so that
    flat places stay flat. At the edges the weights are those of the places inside.

    References
    ----------
    Jarrett, Kavukcuoglu, Ranzato and LeCun (2009), "What is the best multi-stage architecture for
    object recognition?"; Pinto, Cox and DiCarlo (2008), "Why is real-world visual object
    recognition hard?"
    """
    window = _window(width).to(x)
    inside = F.conv2d(torch.ones_like(x[:1, :1]), window, padding=width // 2)

    def mean(values: Tensor) -> Tensor:  # (n, c, h, w) -> (n, 1, h, w)
        return F.conv2d(values.mean(1, keepdim=True), window, padding=width // 2) / inside

    centred = x - mean(x)
    deviation = mean(centred.square()).clamp_min(1e-12).sqrt()
    least = deviation.mean(dim=(2, 3), keepdim=True)
    return centred / torch.maximum(deviation, least).clamp_min(1e-4)


def _window(width: int) -> Tensor:
    place = torch.arange(width, dtype=torch.float32) - width // 2
    one = torch.exp(-0.5 * (place / (width / 4)) ** 2)
    both = one[:, None] * one
    return (both / both.sum())[None, None]
