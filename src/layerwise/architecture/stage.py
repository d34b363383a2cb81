"""What a stage is, before and after it is built."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor, nn

from .._contracts import Space
from .._spec import Spec
from .activations import apply_link


class Stage(Spec):
    """One floor of a stack: a frozen value that builds a codec.

    Subclasses are frozen dataclasses. ``build`` returns a :class:`StageModule`; every random number of the build comes from
    the generator.
    """

    @abstractmethod
    def build(self, in_space: Space, generator: torch.Generator) -> StageModule:
        """Return the module for rows of ``in_space``."""

    def with_best_init(self) -> Stage:
        """Return this stage with the initialisation that suits training from random weights."""
        return self


class StageModule(nn.Module):
    """A built stage: it encodes and decodes.

    Parameters
    ----------
    in_space, code_space : Space
        Of the rows that it encodes, and of their codes.
    """

    def __init__(self, in_space: Space, code_space: Space) -> None:
        super().__init__()
        self.in_space = in_space
        self.code_space = code_space

    @abstractmethod
    def encode(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """``(n, *in) -> (n, *code)``; noise of the stage itself (dropout) is drawn from the generator, in training mode."""

    @abstractmethod
    def decode_params(self, z: Tensor) -> Tensor:
        """``(n, *code) -> (n, d)``, before the link."""

    def decode(self, z: Tensor) -> Tensor:
        """``(n, *code) -> (n, *in)``."""
        rows = apply_link(self.decode_params(z), self.in_space)
        return rows if len(self.in_space.shape) == 1 else rows.unflatten(1, self.in_space.shape)

    def centre(self, mean: Tensor) -> None:
        """Let an untrained decoder begin at the mean of the input, ``(d,)``; by default nothing."""

    def forward(self, x: Tensor) -> Tensor:
        return self.encode(x)
