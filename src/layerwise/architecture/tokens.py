"""What every encoder of tokens shares: places, tokens that are left out, a class token."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor, nn

from .._random import BY_HAND, At
from .._space import Block, Space
from .initialisers import initialise
from .stage import StageModule


class TokenEncoder(StageModule):
    """Base of the built stages that read a row as tokens (abstract).

    ``count`` is the number of tokens of a row, without the class token: a learned vector
    ``class_token`` (width) that stands before them, and that ``keep`` neither counts nor leaves
    out.
    """

    def __init__(
        self,
        in_space: Space,
        count: int,
        width: int,
        class_token: bool,
        generator: torch.Generator,
    ) -> None:
        super().__init__(in_space, Space.of("real", count + class_token, width))
        self.count = count
        self.class_token = nn.Parameter(torch.empty(width)) if class_token else None
        if self.class_token is not None:
            initialise(self.class_token, "normal(0.02)", "linear", generator)

    @abstractmethod
    def contents(self, x: Tensor) -> Tensor:
        """``(n, *in) -> (n, t, width)``: what stands in each place."""

    @abstractmethod
    def places(self, count: int) -> Tensor:
        """Return what is added to the first ``count`` tokens to say where they stand, ``(count,
        width)``."""

    @property
    @abstractmethod
    def meanings(self) -> tuple[Block, ...]:
        """What each token stands for: a block for every place."""

    @abstractmethod
    def meaning(self, x: Tensor) -> Tensor:
        """``(n, *in) -> (n, d)``: what the tokens of a row stand for, in their order."""

    def others(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """Return rows ``(n, *in)`` whose tokens could stand in the places of these: other rows."""
        return x[torch.randperm(len(x), generator=generator).to(x.device)]

    @abstractmethod
    def exchanged(self, x: Tensor, others: Tensor, where: Tensor) -> Tensor:
        """Return rows with the tokens of other ones in some places: ``where`` is bool ``(n,
        t)``."""

    def token_view(self) -> TokenEncoder:
        """It is what it says."""
        return self

    def tokens(self, x: Tensor) -> Tensor:
        """``(n, *in) -> (n, t, width)``: all tokens, each of which knows its place."""
        return self._placed(self.contents(x))

    def _placed(self, contents: Tensor) -> Tensor:
        return contents + self.places(contents.shape[1])

    def encode(self, x: Tensor, at: At = BY_HAND) -> Tensor:
        """``(n, *in) -> (n, t', width)``: the tokens that are to be seen, below the class token."""
        tokens = at.kept(self._placed(at.replaced(self.contents(x))))
        if self.class_token is None:
            return tokens
        return torch.cat([self.class_token.expand(len(x), 1, -1), tokens], dim=1)


def sine_cosine(places: Tensor, width: int) -> Tensor:
    """Return fixed vectors of places ``(t,) -> (t, width)``: sines, then cosines, of wavelengths
    from 2 pi to 10000 times that; the width is even.

    Vaswani et al. (2017), "Attention is all you need".
    """
    half = torch.arange(width // 2, device=places.device, dtype=torch.float32) / (width // 2)
    angles = torch.outer(places.float(), 10_000.0**-half)  # (t, width / 2)
    return torch.cat([angles.sin(), angles.cos()], dim=1)
