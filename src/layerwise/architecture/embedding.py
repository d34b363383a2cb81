"""Pieces of a text, or names, as tokens."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .._checks import check_bool, check_int
from .._errors import PairingError, ParameterError
from .._space import Block, Space
from .._spec import register
from .initialisers import initialise
from .stage import Stage
from .tokens import TokenEncoder, sine_cosine


@register
@dataclass(frozen=True, repr=False)
class Embedding(Stage):
    """Whole numbers ``(t,)`` looked up: tokens ``(t, width)``; it only encodes.

    Parameters
    ----------
    width : int, default 64
        Of a token; even.
    ordered : bool, default True
        Whether a fixed vector of sines and cosines says where a token stands. Without it a row is a
        bag of tokens.

    Raises
    ------
    ParameterError
        When a setting is out of its range.
    PairingError
        When built on rows of anything but tokens.

    References
    ----------
    Vaswani et al. (2017), "Attention is all you need".

    Examples
    --------
    >>> from layerwise import Embedding, Pool, Stack, Transformer
    >>> Stack(Embedding(), Transformer(2), Pool())
    Stack(Embedding(), Transformer(2), Pool())
    """

    width: int = 64
    _: KW_ONLY
    ordered: bool = True

    def __post_init__(self) -> None:
        check_int(self, "width", self.width, 2)
        check_bool(self, "ordered", self.ordered)
        if self.width % 2:
            raise ParameterError(
                f"The 'width' parameter of Embedding must be even. Got {self.width!r} instead.",
                "Half of it are sines, half cosines.",
            )

    def build(self, in_space: Space, generator: torch.Generator) -> EmbeddingEncoder:
        if in_space.kind != "token" or len(in_space.shape) != 1 or len(in_space.blocks) != 1:
            raise PairingError(
                f"{self!r} looks tokens up; its input is {in_space.kind!r} of shape "
                f"{in_space.shape}.",
                "Use Cells for tables, Patches for images.",
            )
        return EmbeddingEncoder(self, in_space, generator)


class EmbeddingEncoder(TokenEncoder):
    """The trained form of :class:`Embedding`: ``vectors`` (levels, width)."""

    def __init__(self, stage: Embedding, in_space: Space, generator: torch.Generator) -> None:
        super().__init__(in_space, in_space.size, stage.width, False, generator)
        self.ordered = stage.ordered
        self.vectors = nn.Parameter(torch.empty(in_space.blocks[0].levels, stage.width))
        initialise(self.vectors, "normal(1.0)", "linear", generator)

    def contents(self, x: Tensor) -> Tensor:
        """``(n, t) -> (n, t, width)``."""
        return F.embedding(x.long(), self.vectors)

    def places(self, count: int) -> Tensor:
        """Return sines and cosines, or zeros for a bag."""
        width, device = self.vectors.shape[1], self.vectors.device
        if not self.ordered:
            return torch.zeros(count, width, device=device)
        return sine_cosine(torch.arange(count, device=device), width)

    @property
    def meanings(self) -> tuple[Block, ...]:
        return (Block("token", 1, levels=len(self.vectors)),) * self.count

    def meaning(self, x: Tensor) -> Tensor:
        """It is what it says: ``(n, t) -> (n, t)``."""
        return x

    def exchanged(self, x: Tensor, others: Tensor, where: Tensor) -> Tensor:
        return torch.where(where, others, x)

    def others(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """Return any tokens of the vocabulary but padding."""
        drawn = torch.randint(1, len(self.vectors), x.shape, generator=generator)
        return drawn.to(x)
