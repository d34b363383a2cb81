"""Brighter, paler, in other colours."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from .._checks import check_number
from .._spec import register
from .images import between
from .recolour import Recolour, recoloured


@register
@dataclass(frozen=True, repr=False)
class Brightness(Recolour):
    """Multiply an image by a factor, and cut it off at 1.

    Parameters
    ----------
    strength : float, default 0.4
        At least 0: the factor is drawn from max(0, 1 - strength) to 1 + strength.
    p : float, default 1.0
        How likely a row is changed, in [0, 1].

    Raises
    ------
    PairingError
        On rows that are not images, or whose values are not in [0, 1].

    Examples
    --------
    >>> from layerwise import Brightness, Compose, Contrast
    >>> Compose(Brightness(0.2), Contrast(0.2, 0.5))
    Compose(Brightness(0.2), Contrast(0.2, 0.5))
    """

    strength: float = 0.4
    p: float = 1.0

    def __post_init__(self) -> None:
        check_number(self, "strength", self.strength, 0.0)
        check_number(self, "p", self.p, 0.0, 1.0)

    def changed(self, x: Tensor, drawn: Tensor) -> Tensor:
        return recoloured(x, brightness=_factor(drawn[:, 0], self.strength))


@register
@dataclass(frozen=True, repr=False)
class Contrast(Recolour):
    """Multiply the distance of an image's pixels from its mean grey by a factor, and cut them off
    at 0 and 1.

    Parameters
    ----------
    strength : float, default 0.4
        At least 0: the factor is drawn from max(0, 1 - strength) to 1 + strength.
    p : float, default 1.0
        How likely a row is changed, in [0, 1].

    Raises
    ------
    PairingError
        On rows that are not images, or whose values are not in [0, 1].

    Examples
    --------
    >>> import torch
    >>> from layerwise import Contrast, Space
    >>> flat = torch.full((2, 1, 4, 4), 0.25)  # nothing is far from its mean
    >>> view = Contrast(0.9).view(flat, Space.of("unit", 1, 4, 4), torch.Generator())
    >>> bool(torch.allclose(view, flat))
    True
    """

    strength: float = 0.4
    p: float = 1.0

    def __post_init__(self) -> None:
        check_number(self, "strength", self.strength, 0.0)
        check_number(self, "p", self.p, 0.0, 1.0)

    def changed(self, x: Tensor, drawn: Tensor) -> Tensor:
        return recoloured(x, contrast=_factor(drawn[:, 0], self.strength))


@register
@dataclass(frozen=True, repr=False)
class Saturation(Recolour):
    """Multiply the distance of a pixel's colour from its own grey by a factor, and cut it off at 0
    and 1.

    Parameters
    ----------
    strength : float, default 0.4
        At least 0: the factor is drawn from max(0, 1 - strength) to 1 + strength; 0 is grey.
    p : float, default 1.0
        How likely a row is changed, in [0, 1].

    Raises
    ------
    PairingError
        On rows that are not images of three channels, or whose values are not in [0, 1].

    Examples
    --------
    >>> from layerwise import Saturation
    >>> Saturation(0.6)
    Saturation(0.6)
    """

    strength: float = 0.4
    p: float = 1.0

    def __post_init__(self) -> None:
        check_number(self, "strength", self.strength, 0.0)
        check_number(self, "p", self.p, 0.0, 1.0)

    def needs_colours(self) -> bool:
        return True

    def changed(self, x: Tensor, drawn: Tensor) -> Tensor:
        return recoloured(x, saturation=_factor(drawn[:, 0], self.strength))


@register
@dataclass(frozen=True, repr=False)
class Hue(Recolour):
    """Turn the colours of an image on their circle, in YIQ: a pixel keeps its brightness.

    Parameters
    ----------
    share : float, default 0.1
        Of the circle, in [0, 0.5]: colours are turned by -share to share of it.
    p : float, default 1.0
        How likely a row is changed, in [0, 1].

    Raises
    ------
    PairingError
        On rows that are not images of three channels, or whose values are not in [0, 1].

    Examples
    --------
    >>> from layerwise import Hue
    >>> Hue(0.05, 0.8)
    Hue(0.05, 0.8)
    """

    share: float = 0.1
    p: float = 1.0

    def __post_init__(self) -> None:
        check_number(self, "share", self.share, 0.0, 0.5)
        check_number(self, "p", self.p, 0.0, 1.0)

    def needs_colours(self) -> bool:
        return True

    def changed(self, x: Tensor, drawn: Tensor) -> Tensor:
        return recoloured(x, turn=_angle(drawn[:, 0], self.share))


@register
@dataclass(frozen=True, repr=False)
class Colour(Recolour):
    """Change the brightness, the contrast, the saturation and the hue of an image, in this order,
    and cut it off at 0 and 1, once.

    Parameters
    ----------
    brightness, contrast, saturation : float, default 0.4
        At least 0: a factor is drawn from max(0, 1 - strength) to 1 + strength.
    hue : float, default 0.1
        Share of the circle of colours, in [0, 0.5].
    p : float, default 0.8
        How likely a row is changed at all, in [0, 1].

    Raises
    ------
    PairingError
        On rows that are not images, or whose values are not in [0, 1]; on rows without three
        channels, unless saturation and hue are 0.

    References
    ----------
    Chen, Kornblith, Norouzi and Hinton (2020), "A simple framework for contrastive learning of
    visual representations".

    Examples
    --------
    >>> import torch
    >>> from layerwise import Colour, Space
    >>> images, generator = torch.rand(4, 3, 8, 8), torch.Generator().manual_seed(0)
    >>> view = Colour(0.8, 0.8, 0.8, 0.2).view(images, Space.of("unit", 3, 8, 8), generator)
    >>> bool(0 <= view.min() and view.max() <= 1)
    True
    """

    draws: ClassVar[int] = 4

    brightness: float = 0.4
    contrast: float = 0.4
    saturation: float = 0.4
    hue: float = 0.1
    p: float = 0.8

    def __post_init__(self) -> None:
        for name in ("brightness", "contrast", "saturation"):
            check_number(self, name, getattr(self, name), 0.0)
        check_number(self, "hue", self.hue, 0.0, 0.5)
        check_number(self, "p", self.p, 0.0, 1.0)

    def needs_colours(self) -> bool:
        return self.saturation > 0 or self.hue > 0

    def changed(self, x: Tensor, drawn: Tensor) -> Tensor:
        return recoloured(
            x,
            brightness=_factor(drawn[:, 0], self.brightness),
            contrast=_factor(drawn[:, 1], self.contrast),
            saturation=_factor(drawn[:, 2], self.saturation),
            turn=_angle(drawn[:, 3], self.hue),
        )


def _factor(drawn: Tensor, strength: float) -> Tensor:
    return between(drawn, max(0.0, 1.0 - strength), 1.0 + strength)


def _angle(drawn: Tensor, share: float) -> Tensor:
    return between(drawn, -2 * math.pi * share, 2 * math.pi * share)
