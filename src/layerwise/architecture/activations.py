"""Activations by name, and the space that each one's codes live in."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .._space import Block, Space

LEAKY_SLOPE = 0.1

FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": lambda x: F.leaky_relu(x, LEAKY_SLOPE),
    "elu": F.elu,
    "gelu": F.gelu,
    "silu": F.silu,
    "softplus": F.softplus,
    "abs_tanh": lambda x: torch.tanh(x).abs(),
    "linear": lambda x: x,
}
ACTIVATIONS = (*FUNCTIONS, "prelu")
SATURATING = frozenset({"sigmoid", "tanh", "abs_tanh", "linear"})

_CODE_KIND = {"sigmoid": "unit", "relu": "nonneg", "softplus": "nonneg"}


class Activation(nn.Module):
    """An elementwise function by name; ``prelu`` learns its slope."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.slope = nn.Parameter(torch.tensor([0.25])) if name == "prelu" else None

    def forward(self, x: Tensor) -> Tensor:
        return FUNCTIONS[self.name](x) if self.slope is None else F.prelu(x, self.slope)


def code_space(name: str, *shape: int) -> Space:
    """Return the space of codes under an activation.

    A decoder that maps back into this space ends in the same function, so that an unrolled net is
    not linear between its hidden layers. (A learned slope cannot be shared with another layer:
    there the link is linear.)
    """
    return Space.of(
        _CODE_KIND.get(name, "real"), *shape, link="linear" if name == "prelu" else name
    )


def apply_link(params: Tensor, space: Space) -> Tensor:
    """Map a decoder's raw output into a space, block by block: ``(n, p) -> (n, d)``; a token
    becomes its likeliest level."""
    if len(space.blocks) == 1:
        return _linked(params, space.blocks[0])
    parts = [_linked(params[:, part], block) for block, part in space.parameter_slices()]
    return torch.cat(parts, dim=1)


_INVERSES: dict[str, Callable[[Tensor], Tensor]] = {
    "sigmoid": lambda mean: torch.logit(mean.clamp(1e-3, 1 - 1e-3)),
    "tanh": lambda mean: torch.atanh(mean.clamp(-0.999, 0.999)),
    "softplus": lambda mean: torch.log(torch.expm1(mean.clamp_min(1e-3))),
    "softmax": lambda mean: torch.log(mean.clamp_min(1e-3)),
}


def inverse_link(mean: Tensor, space: Space) -> Tensor:
    """Return raw decoder outputs ``(d,)`` whose link is about ``mean``; links without an inverse
    here are near the identity."""
    return torch.cat(
        [_INVERSES.get(block.link, lambda part: part)(mean[part]) for block, part in space.slices()]
    )


def _linked(params: Tensor, block: Block) -> Tensor:
    if block.kind == "token":
        return params.unflatten(1, (block.size, block.levels)).argmax(2)
    return (
        torch.softmax(params, dim=1) if block.link == "softmax" else FUNCTIONS[block.link](params)
    )
