"""What suits data when nobody chose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from .._checks import check_name
from .._space import Space
from .._spec import register
from .affine import Affine, Shift
from .augmentation import Augmentation
from .colour import Colour
from .compose import Compose
from .corruption import Swap
from .crop import Crop, Flip
from .erase import Erase
from .resample import Resample
from .tone import Grey

STRENGTHS = ("weak", "mild", "strong", "views")


def suited(space: Space, strength: str = "mild") -> Augmentation:
    """Return what may change in rows of a space without changing what they are, as far as shape and
    kind tell.

    Images of one channel are turned, scaled and shifted a little; they are not mirrored, because
    nothing tells whether a mirrored digit is a digit. Other images are cropped and mirrored, and
    where they hold red, green and blue in [0, 1], their colours change. Other rows swap entries
    with one another. A strong view changes more, and takes a box out of an image in colours; a weak
    one is moved by a few pixels, and mirrored where it has colours: what a network says of it is
    close to what it says of the row. Two views that are compared change as much as a strong one; of
    colours less, and no box is taken out: what two views share has to be found within few epochs.

    Parameters
    ----------
    space : Space
        Of the rows as the network sees them.
    strength : {'weak', 'mild', 'strong', 'views'}, default 'mild'
        Mild for labelled rows; weak and strong for the two views of FixMatch; 'views' for both
        views of an objective that compares them.

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
    >>> suited(Space.of("real", 30)), suited(Space.of("real", 30), "strong")
    (Swap(), Resample())
    """
    if len(space.shape) != 3:
        return {"weak": Swap(0.05), "mild": Swap(0.15)}.get(strength, Resample(0.6))
    if space.shape[0] == 1:
        if strength == "weak":
            return Shift(0.08)
        if strength == "mild":
            return Affine(15.0, scale=0.2, shift=0.1, shear=10.0)
        return Affine(30.0, scale=0.3, shift=0.15, shear=20.0)
    if strength == "weak":
        return Compose(Shift(0.125), Flip())
    strong = strength == "strong"
    area = {"mild": (0.5, 1.0), "strong": (0.3, 1.0), "views": (0.2, 1.0)}[strength]
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
    strength : {'weak', 'mild', 'strong', 'views'}, default 'mild'
        How much changes.

    Raises
    ------
    ParameterError
        For another word.

    Examples
    --------
    >>> from layerwise import Suited, Supervised
    >>> Supervised(augment=Suited())
    Supervised(augment=Suited())
    """

    leaves_input: ClassVar[bool] = True

    strength: str = "mild"

    def __post_init__(self) -> None:
        check_name(self, "strength", self.strength, STRENGTHS)

    def check(self, space: Space) -> None:
        suited(space, self.strength).check(space)

    def view(self, x: Tensor, space: Space, generator: torch.Generator) -> Tensor:
        return suited(space, self.strength).view(x, space, generator)

    def corrupt(self, x: Tensor, space: Space, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        return suited(space, self.strength).corrupt(x, space, generator)
