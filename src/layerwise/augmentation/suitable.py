"""What suits data when nobody chose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from .._checks import check_bool
from .._space import Space
from .._spec import register
from .affine import Affine
from .augmentation import Augmentation
from .colour import Colour
from .compose import Compose
from .corruption import Swap
from .crop import Crop, Flip
from .erase import Erase
from .resample import Resample
from .tone import Grey


def suited(space: Space, strong: bool = False) -> Augmentation:
    """Return what may change in rows of a space without changing what they are, as far as shape and
    kind tell.

    Images of one channel are turned, scaled and shifted a little; they are not mirrored, because
    nothing tells whether a mirrored digit is a digit. Other images are cropped and mirrored, and
    where they hold red, green and blue in [0, 1], their colours change. Other rows swap entries
    with one another. The strong view changes more, and takes a box out of an image in colours.

    Parameters
    ----------
    space : Space
        Of the rows as the network sees them.
    strong : bool, default False
        The second of two views that differ in strength, as in FixMatch.

    Returns
    -------
    Augmentation
        One whose ``check(space)`` passes.

    References
    ----------
    Chen et al. (2020), "A simple framework for contrastive learning of visual representations"
    (colours). Jahrer (2017), Porto Seguro (swap noise). Bahri et al. (2022), "SCARF" (its share).

    Examples
    --------
    >>> from layerwise import Space
    >>> from layerwise.augmentation import suited
    >>> suited(Space.of("unit", 1, 28, 28))
    Affine(15.0, 0.2, shear=10.0)
    >>> suited(Space.of("real", 30)), suited(Space.of("real", 30), strong=True)
    (Swap(), Resample())
    """
    if len(space.shape) != 3:
        return Resample(0.6) if strong else Swap(0.15)
    if space.shape[0] == 1:
        if strong:
            return Affine(30.0, scale=0.3, shift=0.15, shear=20.0)
        return Affine(15.0, scale=0.2, shift=0.1, shear=10.0)
    area = (0.3, 1.0) if strong else (0.5, 1.0)
    last = (Erase(),) if strong else ()
    if space.shape[0] != 3 or space.kind != "unit":
        return Compose(Crop(area), Flip(), *last)
    colour = Colour(0.8, 0.8, 0.8, 0.2) if strong else Colour()
    return Compose(Crop(area), Flip(), colour, Grey(), *last)


@register
@dataclass(frozen=True, repr=False)
class Suited(Augmentation):
    """What suits the data, as far as their shape and kind tell: :func:`suited`, looked up when the
    rows are known.

    Parameters
    ----------
    strong : bool, default False
        More change: the second of two views that differ in strength, or both views of an objective
        that compares them.

    Examples
    --------
    >>> from layerwise import Suited, Supervised
    >>> Supervised(augment=Suited())
    Supervised(augment=Suited())
    """

    leaves_input: ClassVar[bool] = True

    strong: bool = False

    def __post_init__(self) -> None:
        check_bool(self, "strong", self.strong)

    def check(self, space: Space) -> None:
        suited(space, self.strong).check(space)

    def view(self, x: Tensor, space: Space, generator: torch.Generator) -> Tensor:
        return suited(space, self.strong).view(x, space, generator)

    def corrupt(self, x: Tensor, space: Space, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        return suited(space, self.strong).corrupt(x, space, generator)
