"""The light of an image, and what it takes to change it.

Brightness, contrast, saturation and hue are all affine in red, green and blue. With ``A`` the
matrix that makes grey of a colour, and ``turn`` an angle in the plane of I and Q::

    M = brightness * contrast * (A + saturation * (cos(turn) * (1 - A) + sin(turn) * B))
    view = clamp(M @ pixel + brightness * (1 - contrast) * mean grey of the image)

so that one product of small matrices a row does all four, and clamps once. Hue is an angle in YIQ:
it costs nothing beside the others and keeps the brightness of a colour, which a turn in HSV does
not.
"""

from __future__ import annotations

from functools import cache
from typing import ClassVar

import torch
from torch import Tensor

from .._errors import PairingError
from .._space import Space
from .images import OfImages

GREY = (0.299, 0.587, 0.114)  # Y of a colour, ITU-R BT.601
_YIQ = (GREY, (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112))


class Recolour(OfImages):
    """Base of what changes the colours of images with values in [0, 1]."""

    does: ClassVar[str] = "changes the light of images"

    def check(self, space: Space) -> None:
        super().check(space)
        if space.kind != "unit":
            raise PairingError(
                f"{self!r} changes colours from 0 to 1; the data are of the kind {space.kind!r}.",
                'Keep pixels in [0, 1], as Inputs("unit") does, or use Crop or Affine.',
            )
        if self.needs_colours() and space.shape[0] != 3:
            raise PairingError(
                f"{self!r} needs red, green and blue; a row has the shape {space.shape}.",
                "Use Brightness or Contrast, which any number of channels has.",
            )

    def needs_colours(self) -> bool:
        """Whether there must be three channels."""
        return False


def recoloured(x: Tensor, **drawn: Tensor) -> Tensor:
    """Return images under another light, ``(n, c, h, w)``; numbers of a row ``(n,)`` each."""
    n, channels = x.shape[:2]
    one = torch.ones(n, device=x.device)
    brightness, contrast, saturation = (
        drawn.get(name, one)[:, None, None] for name in ("brightness", "contrast", "saturation")
    )
    turn = drawn.get("turn", one - 1)[:, None, None]
    grey, plain, turned = (part.to(x.device) for part in _parts(channels))
    matrix = grey + saturation * (turn.cos() * plain + turn.sin() * turned)  # (n, c, c)
    matrix = (brightness * contrast * matrix).to(x.dtype)
    if "contrast" not in drawn:
        return (matrix @ x.flatten(2)).clamp_(0.0, 1.0).view_as(x)
    mean = x.mean((2, 3))[:, None] @ grey[0].to(x.dtype)[:, None]  # (n, 1, 1)
    offset = (brightness * (1 - contrast)).to(x.dtype) * mean
    return torch.baddbmm(offset, matrix, x.flatten(2)).clamp_(0.0, 1.0).view_as(x)


@cache
def _parts(channels: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return what makes grey of a colour, what leaves the colour alone, and a quarter turn of it,
    ``(c, c)`` each."""
    share = torch.tensor(GREY) if channels == 3 else torch.full((channels,), 1 / channels)
    grey = share.expand(channels, channels)
    turned = torch.zeros(channels, channels)
    if channels == 3:
        yiq = torch.tensor(_YIQ, dtype=torch.float64)
        quarter = torch.tensor([[0, 0, 0], [0, 0, -1], [0, 1, 0]], dtype=torch.float64)
        turned = (torch.linalg.inv(yiq) @ quarter @ yiq).float()
    return grey, torch.eye(channels) - grey, turned
