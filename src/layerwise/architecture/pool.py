"""One vector for all tokens, or all places."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from .._checks import check_int, check_name
from .._errors import PairingError
from .._random import BY_HAND, At
from .._space import Space
from .._spec import register
from .stage import Stage, StageModule, check_numbers

POOLS = ("mean", "max", "first")


@register
@dataclass(frozen=True, repr=False)
class Pool(Stage):
    """Tokens ``(t, k)`` or an image ``(k, h, w)`` to one vector ``(k,)``, or an image to a few
    places ``(k, size, size)``; it only encodes.

    Parameters
    ----------
    how : {'mean', 'max', 'first'}, default 'mean'
        Over the tokens that are no padding, or over the places. 'first' takes the first token,
        where an encoder puts its class token.
    size : int, default 1
        Places a side that are left of an image, each the mean or the largest of a rectangle of
        places; an image that has fewer keeps them all. One forgets where things were, a few
        remember it roughly.

    Raises
    ------
    ParameterError
        For another word, or less than one place.
    PairingError
        When built on rows that are neither, 'first' on images, which have no first place, or a
        ``size`` above 1 on tokens, which lie in no plane.

    References
    ----------
    Lin, Chen and Yan (2014), "Network in network" (global average pooling). Devlin, Chang, Lee and
    Toutanova (2019), "BERT" (the class token).

    Examples
    --------
    >>> from layerwise import Conv, Pool, Stack
    >>> Stack(Conv(16, stride=2), Conv(32, stride=2), Pool(), in_shape=(1, 28, 28))
    Stack(Conv(16, stride=2), Conv(32, stride=2), Pool(), in_shape=(1, 28, 28))
    """

    how: str = "mean"
    size: int = 1

    def __post_init__(self) -> None:
        check_name(self, "how", self.how, POOLS)
        check_int(self, "size", self.size, 1)

    def build(self, in_space: Space, generator: torch.Generator) -> PoolEncoder:
        check_numbers(self, in_space)
        images = len(in_space.shape) == 3
        if len(in_space.shape) not in (2, 3) or len(in_space.blocks) != 1:
            raise PairingError(
                f"{self!r} needs tokens (tokens, width) or images (channels, height, width); its "
                f"input has the shape {in_space.shape}.",
                "Put it above Conv, or above an encoder of tokens.",
            )
        if images and self.how == "first":
            raise PairingError(
                f"{self!r} takes the first token; its input is an image of shape "
                f"{in_space.shape}, which has none.",
                "Use Pool('mean') or Pool('max').",
            )
        if not images and self.size > 1:
            raise PairingError(
                f"{self!r} leaves {self.size} x {self.size} places of an image; its input are "
                f"tokens of shape {in_space.shape}, which lie in no plane.",
                "Leave size at 1.",
            )
        width = in_space.shape[0] if images else in_space.shape[1]
        shape: tuple[int, ...] = (width,)
        if self.size > 1:
            shape = (width, *(min(self.size, side) for side in in_space.shape[1:]))
        block = in_space.blocks[0]
        return PoolEncoder(self, in_space, Space.of(block.kind, *shape, link=block.link))


class PoolEncoder(StageModule):
    """The built form of :class:`Pool`; it has no parameters."""

    def __init__(self, stage: Pool, in_space: Space, code_space: Space) -> None:
        super().__init__(in_space, code_space)
        self.stage = stage

    def encode(self, x: Tensor, at: At = BY_HAND) -> Tensor:
        """``(n, t, k)`` or ``(n, k, h, w)`` to ``(n, k)``, or ``(n, k, size, size)``."""
        if x.dim() == 4 and self.stage.size > 1:
            pool = F.adaptive_avg_pool2d if self.stage.how == "mean" else F.adaptive_max_pool2d
            height, width = self.code_space.shape[1:]
            return pool(x, (height, width))
        if x.dim() == 4:
            return x.mean((2, 3)) if self.stage.how == "mean" else x.amax((2, 3))
        if self.stage.how == "first":
            return x[:, 0]
        valid = at.valid(x)[:, :, None]
        if self.stage.how == "max":
            empty = ~valid.any(1)  # rows of padding alone
            return x.masked_fill(~valid, -torch.inf).amax(1).masked_fill(empty, 0.0)
        return (x * valid).sum(1) / valid.sum(1).clamp_min(1)
