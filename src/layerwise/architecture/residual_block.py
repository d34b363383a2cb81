"""The block of residual convolutional networks."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from .._checks import check_bool, check_int, check_number
from .._errors import PairingError
from .._random import BY_HAND, At, dropout
from .._space import Space
from .._spec import register
from .initialisers import bare, initialise
from .stage import Stage, StageModule, check_numbers


@register
@dataclass(frozen=True, repr=False)
class ResidualBlock(Stage):
    """``shortcut(x) + conv(relu(norm(conv(relu(norm(x))))))`` on images ``(c, h, w)``, with filters
    of 3 x 3 and batch normalisation; it only encodes.

    The shortcut is x itself, or filters of 1 x 1 on ``relu(norm(x))`` where the code has another
    shape than x.

    Parameters
    ----------
    channels : int
        Of the code, at least 1.
    stride : int, default 1
        Of the first filters: the code is that many times smaller in height and width, rounded up.
    dropout : float, default 0.0
        Share of the hidden layer that is zeroed in every training phase of this stage, in [0, 1).
    last : bool, default False
        Whether a norm and a ReLU end the block: for the topmost of a stack.

    Raises
    ------
    ParameterError
        When a setting is out of its range.
    PairingError
        When built on rows that are not images.

    References
    ----------
    He, Zhang, Ren and Sun (2016), "Identity mappings in deep residual networks". Zagoruyko and
    Komodakis (2016), "Wide residual networks" (dropout between the filters).

    Examples
    --------
    >>> from layerwise import Conv, Pool, ResidualBlock, Stack
    >>> Stack(
    ...     Conv(16, activation="linear", decoder=False),
    ...     ResidualBlock(32, stride=2), ResidualBlock(64, stride=2, last=True), Pool(),
    ... ).depth
    4
    """

    takes_images: ClassVar[bool] = True

    channels: int
    _: KW_ONLY
    stride: int = 1
    dropout: float = 0.0
    last: bool = False

    def __post_init__(self) -> None:
        check_int(self, "channels", self.channels, 1)
        check_int(self, "stride", self.stride, 1)
        check_number(self, "dropout", self.dropout, 0.0, 0.999)
        check_bool(self, "last", self.last)

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
    """The trained form of :class:`ResidualBlock`: ``first_norm``, ``first``, ``second_norm``,
    ``second``, ``shortcut`` where the shape changes, ``last_norm`` of the last one."""

    def __init__(self, stage: ResidualBlock, in_space: Space, generator: torch.Generator) -> None:
        channels, *sides = in_space.shape
        shape = (stage.channels, *(-(-side // stage.stride) for side in sides))
        super().__init__(
            in_space,
            Space.of("nonneg", *shape, link="relu") if stage.last else Space.of("real", *shape),
        )
        self.dropout = stage.dropout
        self.first_norm = nn.BatchNorm2d(channels)
        self.first = _filters(channels, stage.channels, 3, stage.stride, generator)
        self.second_norm = nn.BatchNorm2d(stage.channels)
        self.second = _filters(stage.channels, stage.channels, 3, 1, generator)
        self.shortcut = (
            None
            if shape == in_space.shape
            else _filters(channels, stage.channels, 1, stage.stride, generator)
        )
        self.last_norm = nn.BatchNorm2d(stage.channels) if stage.last else None

    def encode(self, x: Tensor, at: At = BY_HAND) -> Tensor:
        """``(n, c, h, w) -> (n, k, h', w')``."""
        ready = torch.relu(self.first_norm(x))
        hidden = torch.relu(self.second_norm(self.first(ready)))
        if self.training:
            hidden = dropout(hidden, self.dropout, at.dropout)
        code = self.second(hidden) + (x if self.shortcut is None else self.shortcut(ready))
        return code if self.last_norm is None else torch.relu(self.last_norm(code))


def _filters(
    channels: int, units: int, kernel: int, stride: int, generator: torch.Generator
) -> nn.Conv2d:
    shape = channels, units, kernel
    made = bare(nn.Conv2d, *shape, stride=stride, padding=kernel // 2, bias=False)
    initialise(made.weight, "he_normal", "relu", generator)
    return made
