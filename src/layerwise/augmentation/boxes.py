"""Boxes inside an image: how large, how wide, where."""

from __future__ import annotations

import math

from torch import Tensor

from .images import between


def boxes(
    drawn: Tensor, area: tuple[float, float], ratio: tuple[float, float]
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return the top, the left, the height and the width of a box a row, as shares of the image.

    Of four numbers in [0, 1) a row, ``(n, 4)``. The area is uniform; the logarithm of the ratio of
    width to height, against the image's own, is uniform and cut to where the box fits in; the
    place is uniform among those inside.
    """
    size = between(drawn[:, 0], *area)
    wider = between(drawn[:, 1], math.log(ratio[0]), math.log(ratio[1])).exp()
    wider = wider.clamp(min=size, max=1 / size)
    height, width = (size / wider).sqrt().clamp(max=1.0), (size * wider).sqrt().clamp(max=1.0)
    return drawn[:, 2] * (1 - height), drawn[:, 3] * (1 - width), height, width
