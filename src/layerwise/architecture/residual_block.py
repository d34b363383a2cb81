"""Residual stages that only encode: of images and of tables."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from .._checks import check_int, check_number
from .._errors import PairingError
from .._random import BY_HAND, At, dropout, seeded
from .._space import Space
from .._spec import register
from .initialisers import initialise
from .stage import Stage, StageModule, check_numbers


@register
@dataclass(frozen=True, repr=False)
class ResidualBlock(Stage):
    """``shortcut(x) + conv(relu(norm(conv(relu(norm(x))))))`` on images; it only encodes.

    Two convolutions of 3 x 3, normalised over the batch before each. The shortcut is the input, or
    a convolution of 1 x 1 where the shape changes.

    Parameters
    ----------
    channels : int
        Of the code, at least 1.
    stride : int, default 1
        Of the first convolution.
    dropout : float, default 0.0
        Between the two, in [0, 1).

    Raises
    ------
    PairingError
        When built on rows that are not images.

    References
    ----------
    He, Zhang, Ren and Sun (2016), "Identity mappings in deep residual networks"; Zagoruyko and
    Komodakis (2016), "Wide residual networks".

    Examples
    --------
    >>> from layerwise import Conv, Pool, ResidualBlock, Stack
    >>> Stack(Conv(16), ResidualBlock(32, stride=2), ResidualBlock(64, stride=2), Pool())
    Stack(Conv(16), ResidualBlock(32, stride=2), ResidualBlock(64, stride=2), Pool())
    """

    takes_images: ClassVar[bool] = True

    channels: int
    _: KW_ONLY
    stride: int = 1
    dropout: float = 0.0

    def __post_init__(self) -> None:
        check_int(self, "channels", self.channels, 1)
        check_int(self, "stride", self.stride, 1)
        check_number(self, "dropout", self.dropout, 0.0, 0.999)

    def build(self, in_space: Space, generator: torch.Generator) -> ResidualBlockEncoder:
        check_numbers(self, in_space)
        if len(in_space.shape) != 3 or len(in_space.blocks) != 1:
            raise PairingError(
                f"{self!r} needs images (channels, height, width); its input has the shape "
                f"{in_space.shape}.",
                "Give 4-D arrays, or say Stack(..., in_shape=(1, 28, 28)).",
            )
        return ResidualBlockEncoder(self, in_space, generator)


class ResidualBlockEncoder(StageModule):
    """The trained form of :class:`ResidualBlock`."""

    def __init__(self, stage: ResidualBlock, in_space: Space, generator: torch.Generator) -> None:
        channels, *sides = in_space.shape
        height, width = ((side - 1) // stage.stride + 1 for side in sides)
        super().__init__(in_space, Space.of("real", stage.channels, height, width))
        self.dropout = stage.dropout
        k, stride = stage.channels, stage.stride
        with seeded(generator):
            self.norm1, self.norm2 = nn.BatchNorm2d(channels), nn.BatchNorm2d(k)
            self.conv1 = nn.Conv2d(channels, k, 3, stride, 1, bias=False)
            self.conv2 = nn.Conv2d(k, k, 3, 1, 1, bias=False)
            same = channels == k and stride == 1
            self.shortcut = None if same else nn.Conv2d(channels, k, 1, stride, bias=False)
        for conv in (self.conv1, self.conv2):
            initialise(conv.weight, "he_normal", "relu", generator)

    def encode(self, x: Tensor, at: At = BY_HAND) -> Tensor:
        """``(n, c, h, w) -> (n, k, h', w')``."""
        begun = torch.relu(self.norm1(x))
        h = torch.relu(self.norm2(self.conv1(begun)))
        h = self.conv2(dropout(h, self.dropout, at.dropout) if self.training else h)
        return h + (x if self.shortcut is None else self.shortcut(begun))


@register
@dataclass(frozen=True, repr=False)
class ResidualDense(Stage):
    """``x + dropout(W_2 relu(W_1 norm(x)))`` on flat rows; it only encodes and keeps the width.

    Parameters
    ----------
    hidden : int, default 256
        Width of the hidden layer.
    dropout : float, default 0.1
        Of the hidden layer, in [0, 1).

    Raises
    ------
    PairingError
        When built on images or tokens.

    References
    ----------
    Gorishniy, Rubachev, Khrulkov and Babenko (2021), "Revisiting deep learning models for tabular
    data" (ResNet).

    Examples
    --------
    >>> from layerwise import Dense, ResidualDense, Stack
    >>> Stack(Dense(128), ResidualDense(), ResidualDense())
    Stack(Dense(128), ResidualDense(), ResidualDense())
    """

    hidden: int = 256
    _: KW_ONLY
    dropout: float = 0.1

    def __post_init__(self) -> None:
        check_int(self, "hidden", self.hidden, 1)
        check_number(self, "dropout", self.dropout, 0.0, 0.999)

    def build(self, in_space: Space, generator: torch.Generator) -> ResidualDenseEncoder:
        check_numbers(self, in_space)
        if len(in_space.shape) != 1:
            raise PairingError(
                f"{self!r} needs flat rows; its input has the shape {in_space.shape}.",
                "Use ResidualBlock for images, or put Dense or Pool below it.",
            )
        return ResidualDenseEncoder(self, in_space, generator)


class ResidualDenseEncoder(StageModule):
    """The trained form of :class:`ResidualDense`."""

    def __init__(self, stage: ResidualDense, in_space: Space, generator: torch.Generator) -> None:
        width = in_space.size
        super().__init__(in_space, Space.of("real", width))
        self.dropout = stage.dropout
        with seeded(generator):
            self.norm = nn.BatchNorm1d(width)
            self.widen = nn.Linear(width, stage.hidden)
            self.narrow = nn.Linear(stage.hidden, width)

    def encode(self, x: Tensor, at: At = BY_HAND) -> Tensor:
        """``(n, d) -> (n, d)``."""
        h = torch.relu(self.widen(self.norm(x)))
        h = dropout(h, self.dropout, at.dropout) if self.training else h
        return x + self.narrow(h)
