"""An image as tokens."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from math import gcd
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .._checks import check_bool, check_int
from .._errors import PairingError, ParameterError
from .._space import Block, Space
from .._spec import register
from .initialisers import initialise
from .stage import Stage, check_numbers
from .tokens import TokenEncoder, sine_cosine


@register
@dataclass(frozen=True, repr=False)
class Patches(Stage):
    """An image ``(c, h, w)`` as tokens ``(t, width)``, one a patch; it only encodes.

    A token is ``W patch + b`` and a fixed vector of sines and cosines that says where the patch is:
    the first half of it the column, the second the row, from the upper left. Patches do not overlap
    and cover the image row by row.

    Parameters
    ----------
    size : int, default 4
        Height and width of a patch; it divides those of the image.
    width : int, default 64
        Of a token; a multiple of 4.
    class_token : bool, default False
        Whether a learned token stands before the others, for ``Pool('first')``.

    Raises
    ------
    ParameterError
        When a setting is out of its range.
    PairingError
        When built on rows that are not images, or on images that the patches do not cover.

    References
    ----------
    Dosovitskiy et al. (2021), "An image is worth 16x16 words: transformers for image recognition at
    scale". He, Chen, Xie, Li, Dollar and Girshick (2022), "Masked autoencoders are scalable vision
    learners" (fixed places; what is left out is left out after they were added).

    Examples
    --------
    >>> from layerwise import Patches, Pool, Stack, Transformer
    >>> Stack(Patches(4, 64), Transformer(4, 4), Pool(), in_shape=(1, 28, 28))
    Stack(Patches(), Transformer(), Pool(), in_shape=(1, 28, 28))
    """

    takes_images: ClassVar[bool] = True

    size: int = 4
    width: int = 64
    _: KW_ONLY
    class_token: bool = False

    def __post_init__(self) -> None:
        check_int(self, "size", self.size, 1)
        check_int(self, "width", self.width, 4)
        check_bool(self, "class_token", self.class_token)
        if self.width % 4:
            raise ParameterError(
                f"The 'width' parameter of Patches must be a multiple of 4. Got {self.width!r} "
                "instead.",
                "A quarter each is sine and cosine of the column and of the row.",
            )

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
            common = gcd(height, width)
            fitting = [str(size) for size in range(1, common + 1) if common % size == 0]
            raise PairingError(
                f"{self!r} cuts patches of {self.size} x {self.size}; they do not cover an image "
                f"of {height} x {width}.",
                f"Sizes that do: {', '.join(fitting)}.",
            )
        return PatchEncoder(self, in_space, generator)


class PatchEncoder(TokenEncoder):
    """The trained form of :class:`Patches`: ``weight`` (width, c, size, size), ``bias``
    (width)."""

    def __init__(self, stage: Patches, in_space: Space, generator: torch.Generator) -> None:
        channels, height, width = in_space.shape
        grid = height // stage.size, width // stage.size
        super().__init__(in_space, grid[0] * grid[1], stage.width, stage.class_token, generator)
        self.size, self.grid = stage.size, grid
        self.weight = nn.Parameter(torch.empty(stage.width, channels, stage.size, stage.size))
        self.bias = nn.Parameter(torch.zeros(stage.width))
        # as large as the pixels, however small a patch is; at the paper's widths it is Glorot's
        initialise(self.weight, "lecun_normal", "linear", generator)

    def patches(self, x: Tensor) -> Tensor:
        """Cut images: ``(n, c, h, w) -> (n, t, c * size * size)``, channel by channel."""
        channels, (rows, columns), size = x.shape[1], self.grid, self.size
        cut = x.reshape(len(x), channels, rows, size, columns, size)
        return cut.permute(0, 2, 4, 1, 3, 5).reshape(len(x), rows * columns, -1)

    def images(self, patches: Tensor) -> Tensor:
        """Put patches together: ``(n, t, c * size * size) -> (n, c, h, w)``."""
        (rows, columns), size = self.grid, self.size
        cut = patches.reshape(len(patches), rows, columns, -1, size, size)
        return cut.permute(0, 3, 1, 4, 2, 5).reshape(len(patches), -1, rows * size, columns * size)

    @property
    def positions(self) -> Tensor:
        """The vectors of the places, ``(t, width)``: computed, for a model folder keeps what was
        learned."""
        return self.positions_of(len(self.bias))

    def positions_of(self, width: int) -> Tensor:
        """Return fixed vectors of the places, ``(t, width)``."""
        (rows, columns), device = self.grid, self.bias.device
        across = sine_cosine(torch.arange(columns, device=device), width // 2)
        down = sine_cosine(torch.arange(rows, device=device), width // 2)
        return torch.cat([across.repeat(rows, 1), down.repeat_interleave(columns, 0)], dim=1)

    def patch_view(self) -> PatchEncoder:
        """It is what it says."""
        return self

    def contents(self, x: Tensor) -> Tensor:
        """``(n, c, h, w) -> (n, t, width)``."""
        return F.linear(self.patches(x), self.weight.flatten(1), self.bias)

    def places(self, count: int) -> Tensor:
        return self.positions

    def exchanged(self, x: Tensor, others: Tensor, where: Tensor) -> Tensor:
        return self.images(torch.where(where[:, :, None], self.patches(others), self.patches(x)))

    @property
    def meanings(self) -> tuple[Block, ...]:
        block = self.in_space.blocks[0]
        return (Block(block.kind, block.size // self.count, block.link),) * self.count

    def meaning(self, x: Tensor) -> Tensor:
        """Return the pixels, patch by patch."""
        return self.patches(x).flatten(1)
