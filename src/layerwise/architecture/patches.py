"""Images as tokens: their patches."""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .._checks import check_bool, check_int
from .._errors import PairingError
from .._random import BY_HAND, At, seeded
from .._space import Space
from .._spec import register
from .stage import Stage, StageModule, check_numbers


@register
@dataclass(frozen=True, repr=False)
class Patches(Stage):
    """An image's patches, each a token: a linear map of its pixels plus its fixed position.

    ``(c, h, w) -> (t, width)``, or ``(t + 1, width)`` with a class token in front; it only encodes.
    A masked objective lets it see some of the patches alone.

    Parameters
    ----------
    size : int, default 4
        Height and width of a patch, in pixels; they divide those of the image.
    width : int, default 64
        Of a token, divisible by 4.
    class_token : bool, default False
        Whether a learned token stands before the patches (see ``Pool("first")``).

    Raises
    ------
    PairingError
        When built on rows that are not images, or on images that the patches do not divide.

    References
    ----------
    Dosovitskiy et al. (2021), "An image is worth 16x16 words: transformers for image recognition at
    scale"; He et al. (2022), "Masked autoencoders are scalable vision learners" (fixed positions).

    Examples
    --------
    >>> from layerwise import Patches, Pool, Stack, Transformer
    >>> Stack(Patches(4), Transformer(2), Pool(), in_shape=(1, 28, 28))
    Stack(Patches(), Transformer(2), Pool(), in_shape=(1, 28, 28))
    """

    takes_images: ClassVar[bool] = True

    size: int = 4
    width: int = 64
    _: KW_ONLY
    class_token: bool = False

    def __post_init__(self) -> None:
        check_int(self, "size", self.size, 1)
        check_int(self, "width", self.width, 4)
        check_int(self, "width", 4 * (self.width // 4), self.width)
        check_bool(self, "class_token", self.class_token)

    def build(self, in_space: Space, generator: torch.Generator) -> PatchEncoder:
        check_numbers(self, in_space)
        if len(in_space.shape) != 3 or len(in_space.blocks) != 1:
            raise PairingError(
                f"{self!r} needs images (channels, height, width); its input has the shape "
                f"{in_space.shape}.",
                "Give 4-D arrays, or say Stack(..., in_shape=(1, 28, 28)).",
            )
        _, height, width = in_space.shape
        if height % self.size or width % self.size:
            common = math.gcd(height, width)
            fitting = [size for size in range(1, common + 1) if common % size == 0]
            raise PairingError(
                f"{self!r} cuts images of {height} x {width} pixels, which patches of {self.size} "
                "do not divide.",
                f"Sizes that do: {', '.join(map(str, fitting))}.",
            )
        return PatchEncoder(self, in_space, generator)


class PatchEncoder(StageModule):
    """The trained form of :class:`Patches`."""

    positions: Tensor

    def __init__(self, stage: Patches, in_space: Space, generator: torch.Generator) -> None:
        channels, height, width = in_space.shape
        self.grid = (height // stage.size, width // stage.size)
        self.count = self.grid[0] * self.grid[1]
        tokens = self.count + stage.class_token
        super().__init__(in_space, Space.of("real", tokens, stage.width))
        self.stage = stage
        with seeded(generator):
            self.look = nn.Linear(channels * stage.size**2, stage.width)
            first = 0.02 * torch.randn(stage.width) if stage.class_token else None
        self.first = None if first is None else nn.Parameter(first)
        self.register_buffer("positions", self.positions_of(stage.width))

    def positions_of(self, width: int) -> Tensor:
        """Return fixed positions of the patches, ``(count, width)``: sines and cosines of the row
        in one half, of the column in the other."""
        columns = self.grid[1]
        place = torch.arange(self.count)
        frequency = 10000.0 ** (-torch.arange(width // 4) / (width / 4))
        angles = [one[:, None] * frequency for one in (place // columns, place % columns)]
        parts = [f(angle) for angle in angles for f in (torch.sin, torch.cos)]
        return torch.cat(parts, dim=1)

    def patches(self, x: Tensor) -> Tensor:
        """Return the pixels of each patch, ``(n, c, h, w) -> (n, count, c * size * size)``."""
        return F.unfold(x, self.stage.size, stride=self.stage.size).transpose(1, 2)

    def images(self, patches: Tensor) -> Tensor:
        """Return images from the pixels of their patches: what ``patches`` undoes."""
        shape, size = self.in_space.shape[1:], self.stage.size
        return F.fold(patches.transpose(1, 2), shape, size, stride=size)

    def patch_view(self) -> PatchEncoder:
        """It is what it says."""
        return self

    def encode(self, x: Tensor, at: At = BY_HAND) -> Tensor:
        """``(n, c, h, w) -> (n, t, width)``: the patches that are to be seen."""
        tokens = at.kept(self.look(self.patches(x)) + self.positions)
        if self.first is None:
            return tokens
        first = self.first.to(tokens.dtype).expand(len(tokens), 1, -1)
        return torch.cat([first, tokens], dim=1)
