"""Rotated, scaled, shifted, sheared, bent: maps of images, resampled once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from .._checks import check_bool, check_number
from .._spec import register
from .images import between, check_range
from .warp import Warp

_MOST_SHEAR = 80.0  # degrees; at 90 an image is a line
_LEAST = 0.999  # a scale of 0 is a point
_KNOTS = 5  # a side of the grid on which an elastic image is pulled


@register
@dataclass(frozen=True, repr=False)
class Affine(Warp):
    """Mirror, shear, turn, scale and shift an image, in this order, about its centre, and bend it,
    all in one bilinear resampling.

    Each row draws its own parameters, uniformly. What comes from outside of the image is 0.

    Parameters
    ----------
    rotate : float, default 10.0
        Degrees, in [0, 180]: a row is turned by -rotate to rotate, a true rotation of pixels also
        where images are not square.
    scale : float or (float, float), default (0.9, 1.1)
        The range of the factor, above 0; a number s in [0, 0.999] is (1 - s, 1 + s).
    shift : float, default 0.1
        In [0, 1]: at most this share of the height and of the width, each on its own.
    shear : float, default 0.0
        Degrees, in [0, 80]: upright lines lean by -shear to shear.
    flip : bool, default False
        Mirror left and right, half of the time.
    elastic : float, default 0.0
        In [0, 0.5]: each of 5 x 5 points is pulled by at most this share of the height and of the
        width, and what lies between them smoothly with them.
    p : float, default 1.0
        How likely a row is changed at all, in [0, 1].

    Raises
    ------
    PairingError
        On rows that are not images.

    References
    ----------
    Simard, Steinkraus and Platt (2003), "Best practices for convolutional neural networks applied
    to visual document analysis".

    Examples
    --------
    >>> import torch
    >>> from layerwise import Affine, Space
    >>> images, generator = torch.rand(5, 1, 28, 28), torch.Generator().manual_seed(0)
    >>> Affine(15, scale=0.15).view(images, Space.of("unit", 1, 28, 28), generator).shape
    torch.Size([5, 1, 28, 28])
    """

    draws: ClassVar[int] = 6

    rotate: float = 10.0
    scale: float | tuple[float, float] = (0.9, 1.1)
    shift: float = 0.1
    shear: float = 0.0
    flip: bool = False
    elastic: float = 0.0
    p: float = 1.0

    def __post_init__(self) -> None:
        check_number(self, "rotate", self.rotate, 0.0, 180.0)
        if isinstance(self.scale, (tuple, list)):
            check_range(self, "scale", self.scale, 0.0, math.inf, open_low=True)
        else:
            check_number(self, "scale", self.scale, 0.0, _LEAST)
        check_number(self, "shift", self.shift, 0.0, 1.0)
        check_number(self, "shear", self.shear, 0.0, _MOST_SHEAR)
        check_bool(self, "flip", self.flip)
        check_number(self, "elastic", self.elastic, 0.0, 0.5)
        check_number(self, "p", self.p, 0.0, 1.0)

    def numbers(self) -> int:
        return self.draws + (2 * _KNOTS**2 if self.elastic else 0)

    def sources(self, drawn: Tensor, height: int, width: int) -> Tensor:
        turn, zoom, across, down, slant, mirror = drawn[:, : self.draws].unbind(1)
        return _sources(
            height,
            width,
            turn=_turned(turn, self.rotate),
            zoom=between(zoom, *_factors(self.scale)),
            across=between(across, -self.shift, self.shift),
            down=between(down, -self.shift, self.shift),
            slant=_turned(slant, self.shear),
            mirror=(mirror < 0.5).float() * -2 + 1 if self.flip else torch.ones_like(mirror),
        )

    def bend(self, drawn: Tensor, height: int, width: int) -> Tensor | None:
        if not self.elastic:
            return None
        pulled = between(drawn[:, self.draws :], -2 * self.elastic, 2 * self.elastic)
        knots = pulled.reshape(-1, _KNOTS**2)  # a side is 2 long
        field = knots @ _shares_of_knots(height, width).to(drawn)
        return field.view(-1, 2, height, width).permute(0, 2, 3, 1)


@register
@dataclass(frozen=True, repr=False)
class Rotate(Warp):
    """Turn an image about its centre; as in :class:`Affine`, with zeros outside.

    Parameters
    ----------
    degrees : float, default 10.0
        In [0, 180]: a row is turned by -degrees to degrees.
    p : float, default 1.0
        How likely a row is changed, in [0, 1].

    Raises
    ------
    PairingError
        On rows that are not images.

    Examples
    --------
    >>> import torch
    >>> from layerwise import Rotate, Space
    >>> images = torch.ones(1, 1, 5, 5)
    >>> turned = Rotate(45).view(images, Space.of("unit", 1, 5, 5), torch.Generator())
    >>> float(turned[0, 0, 2, 2].round(decimals=4))
    1.0
    """

    degrees: float = 10.0
    p: float = 1.0

    def __post_init__(self) -> None:
        check_number(self, "degrees", self.degrees, 0.0, 180.0)
        check_number(self, "p", self.p, 0.0, 1.0)

    def sources(self, drawn: Tensor, height: int, width: int) -> Tensor:
        return _sources(height, width, turn=_turned(drawn[:, 0], self.degrees))


@register
@dataclass(frozen=True, repr=False)
class Scale(Warp):
    """Scale an image about its centre; as in :class:`Affine`, with zeros outside.

    Parameters
    ----------
    share : float, default 0.1
        In [0, 0.999]: the factor is drawn from 1 - share to 1 + share.
    p : float, default 1.0
        How likely a row is changed, in [0, 1].

    Raises
    ------
    PairingError
        On rows that are not images.

    Examples
    --------
    >>> from layerwise import Rotate, Scale
    >>> Rotate(15), Scale(0.2)
    (Rotate(15), Scale(0.2))
    """

    share: float = 0.1
    p: float = 1.0

    def __post_init__(self) -> None:
        check_number(self, "share", self.share, 0.0, _LEAST)
        check_number(self, "p", self.p, 0.0, 1.0)

    def sources(self, drawn: Tensor, height: int, width: int) -> Tensor:
        return _sources(height, width, zoom=between(drawn[:, 0], *_factors(self.share)))


@register
@dataclass(frozen=True, repr=False)
class Shift(Warp):
    """Shift an image, by fractions of pixels too; as in :class:`Affine`, with zeros outside.

    Parameters
    ----------
    share : float, default 0.1
        In [0, 1]: at most this share of the height and of the width, each on its own.
    p : float, default 1.0
        How likely a row is changed, in [0, 1].

    Raises
    ------
    PairingError
        On rows that are not images.

    Examples
    --------
    >>> from layerwise import Compose, Flip, Shift
    >>> Compose(Shift(0.125), Flip())
    Compose(Shift(0.125), Flip())
    """

    draws: ClassVar[int] = 2

    share: float = 0.1
    p: float = 1.0

    def __post_init__(self) -> None:
        check_number(self, "share", self.share, 0.0, 1.0)
        check_number(self, "p", self.p, 0.0, 1.0)

    def sources(self, drawn: Tensor, height: int, width: int) -> Tensor:
        across, down = between(drawn, -self.share, self.share).unbind(1)
        return _sources(height, width, across=across, down=down)


@register
@dataclass(frozen=True, repr=False)
class Shear(Warp):
    """Let the upright lines of an image lean; as in :class:`Affine`, with zeros outside.

    Parameters
    ----------
    degrees : float, default 10.0
        In [0, 80]: lines lean by -degrees to degrees.
    p : float, default 1.0
        How likely a row is changed, in [0, 1].

    Raises
    ------
    PairingError
        On rows that are not images.

    Examples
    --------
    >>> from layerwise import OneOf, Rotate, Shear
    >>> OneOf(Rotate(20), Shear(15))
    OneOf(Rotate(20), Shear(15))
    """

    degrees: float = 10.0
    p: float = 1.0

    def __post_init__(self) -> None:
        check_number(self, "degrees", self.degrees, 0.0, _MOST_SHEAR)
        check_number(self, "p", self.p, 0.0, 1.0)

    def sources(self, drawn: Tensor, height: int, width: int) -> Tensor:
        return _sources(height, width, slant=_turned(drawn[:, 0], self.degrees))


@lru_cache
def _shares_of_knots(height: int, width: int) -> Tensor:
    """Return how much each knot counts for each pixel under cubic convolution, ``(knots, h * w)``:
    one product bends all images, in a tenth of the time of resizing planes."""
    knots = torch.eye(_KNOTS**2).view(-1, 1, _KNOTS, _KNOTS)
    shares = F.interpolate(knots, (height, width), mode="bicubic", align_corners=True)
    return shares.flatten(1)


def _factors(scale: float | tuple[float, float]) -> tuple[float, float]:
    return scale if isinstance(scale, tuple) else (1.0 - scale, 1.0 + scale)


def _turned(drawn: Tensor, degrees: float) -> Tensor:
    """Return angles in radians."""
    return between(drawn, -math.radians(degrees), math.radians(degrees))


def _sources(height: int, width: int, **drawn: Tensor) -> Tensor:
    """Return where pixels come from when images are mirrored, sheared, turned, scaled, shifted:
    ``(n,)`` each ``-> (n, 2, 3)``."""
    zero = torch.zeros_like(next(iter(drawn.values())))
    turn, across, down, slant = (
        drawn.get(name, zero) for name in ("turn", "across", "down", "slant")
    )
    mirror, zoom = (drawn.get(name, zero + 1) for name in ("mirror", "zoom"))
    # the inverse, in pixels: mirror, shear back, turn back, scale back
    cos, sin, lean = turn.cos() / zoom, turn.sin() / zoom, slant.tan()
    xx, xy = mirror * (cos + lean * sin), mirror * (sin - lean * cos)
    yx, yy = -sin, cos
    xy, yx = xy * (height / width), yx * (width / height)  # pixels -> -1 to 1
    right, below = across * 2, down * 2
    rows = [xx, xy, -(xx * right + xy * below), yx, yy, -(yx * right + yy * below)]
    return torch.stack(rows, 1).view(-1, 2, 3)
