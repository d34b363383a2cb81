"""A few changes at random, of those that suit an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from .._checks import check_int, check_number
from .._space import Space
from .._spec import register
from .affine import Rotate, Scale, Shear, Shift
from .augmentation import Augmentation
from .choose import OneOf
from .colour import Brightness, Contrast, Hue, Saturation
from .compose import Compose
from .images import refuse_what_is_no_image
from .tone import Solarise


@register
@dataclass(frozen=True, repr=False)
class RandAugment(Augmentation):
    """``n`` changes of each row, each drawn on its own from those that suit its images: the strong
    view of FixMatch.

    All may turn by 60 degrees times the strength, shear by 34 degrees times it, shift by 0.6 of a
    side times it, scale by 0.6 times it, or leave the row alone. Images of three channels with
    values in [0, 1] may also get another brightness, contrast, saturation (1.8 times the strength)
    or hue (0.5 times it), or be solarised above ``1 - strength``. A change draws its own parameters
    within these ranges.

    Parameters
    ----------
    n : int, default 2
        Changes of a row, at least 1.
    strength : float, default 0.5
        In (0, 1]: the ranges at 0.5 are those of the paper at its largest magnitude.

    Raises
    ------
    PairingError
        On rows that are not images.

    References
    ----------
    Cubuk, Zoph, Shlens and Le (2020), "RandAugment: practical automated data augmentation with a
    reduced search space". Sohn et al. (2020), "FixMatch: simplifying semi-supervised learning with
    consistency and confidence".

    Examples
    --------
    >>> from layerwise import Compose, Erase, Flip, RandAugment
    >>> Compose(Flip(), RandAugment(2, 0.5), Erase(p=1.0))
    Compose(Flip(), RandAugment(), Erase(p=1.0))
    """

    leaves_input: ClassVar[bool] = True

    n: int = 2
    strength: float = 0.5

    def __post_init__(self) -> None:
        check_int(self, "n", self.n, 1)
        check_number(self, "strength", self.strength, 0.0, 1.0, open_low=True)

    def check(self, space: Space) -> None:
        refuse_what_is_no_image(self, space, "changes images")

    def view(self, x: Tensor, space: Space, generator: torch.Generator) -> Tensor:
        changes = self.changes(space)
        for _ in range(self.n):
            x = changes.view(x, space, generator)
        return x

    def changes(self, space: Space) -> OneOf:
        """Return the changes that suit images of a space."""
        s = float(self.strength)
        moves = (Compose(), Rotate(60 * s), Shear(34 * s), Shift(0.6 * s), Scale(0.6 * s))
        if space.kind != "unit" or space.shape[0] != 3:
            return OneOf(*moves)
        lights = (Brightness(1.8 * s), Contrast(1.8 * s), Saturation(1.8 * s), Hue(0.5 * s))
        return OneOf(*moves, *lights, Solarise(1 - s, p=1.0))
