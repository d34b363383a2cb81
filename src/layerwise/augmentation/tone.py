"""Grey, and light for dark: changes of colour without a strength."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from .._checks import check_number
from .._spec import register
from .recolour import GREY, Recolour


@register
@dataclass(frozen=True, repr=False)
class Grey(Recolour):
    """Give all three channels of an image the grey of its colours, 0.299 R + 0.587 G + 0.114 B.

    Parameters
    ----------
    p : float, default 0.2
        How likely a row becomes grey, in [0, 1].

    Raises
    ------
    PairingError
        On rows that are not images of three channels, or whose values are not in [0, 1].

    References
    ----------
    Chen, Kornblith, Norouzi and Hinton (2020), "A simple framework for contrastive learning of
    visual representations".

    Examples
    --------
    >>> import torch
    >>> from layerwise import Grey, Space
    >>> red = torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1)
    >>> view = Grey(1.0).view(red, Space.of("unit", 3, 1, 1), torch.Generator())
    >>> [round(value, 3) for value in view.flatten().tolist()]
    [0.299, 0.299, 0.299]
    """

    draws: ClassVar[int] = 0

    p: float = 0.2

    def __post_init__(self) -> None:
        check_number(self, "p", self.p, 0.0, 1.0)

    def needs_colours(self) -> bool:
        return True

    def changed(self, x: Tensor, drawn: Tensor) -> Tensor:
        red, green, blue = x.unbind(1)
        grey = red * GREY[0] + green * GREY[1] + blue * GREY[2]
        return grey[:, None].expand_as(x)


@register
@dataclass(frozen=True, repr=False)
class Solarise(Recolour):
    """Turn light pixels dark: ``1 - x`` where ``x`` is at least a threshold.

    Parameters
    ----------
    threshold : float, default 0.5
        In [0, 1].
    p : float, default 0.2
        How likely a row is changed, in [0, 1].

    Raises
    ------
    PairingError
        On rows that are not images, or whose values are not in [0, 1].

    References
    ----------
    Grill et al. (2020), "Bootstrap your own latent: a new approach to self-supervised learning".

    Examples
    --------
    >>> import torch
    >>> from layerwise import Solarise, Space
    >>> image = torch.tensor([[[[0.25, 0.75, 1.0]]]])
    >>> Solarise(0.5, p=1.0).view(image, Space.of("unit", 1, 1, 3), torch.Generator()).tolist()
    [[[[0.25, 0.25, 0.0]]]]
    """

    draws: ClassVar[int] = 0

    threshold: float = 0.5
    p: float = 0.2

    def __post_init__(self) -> None:
        check_number(self, "threshold", self.threshold, 0.0, 1.0)
        check_number(self, "p", self.p, 0.0, 1.0)

    def changed(self, x: Tensor, drawn: Tensor) -> Tensor:
        return torch.where(x >= self.threshold, 1 - x, x)
