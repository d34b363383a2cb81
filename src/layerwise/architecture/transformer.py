"""Tokens that look at one another."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .._checks import check_int, check_number
from .._errors import PairingError
from .._random import BY_HAND, At, dropout, seeded
from .._space import Space
from .._spec import register
from .stage import Stage, StageModule, check_numbers


@register
@dataclass(frozen=True, repr=False)
class Transformer(Stage):
    """Blocks of attention and of a layer on each token, with normalisation before both:
    ``(t, width) -> (t, width)``; it only encodes.

    Parameters
    ----------
    depth : int, default 4
        Blocks.
    heads : int, default 4
        Of the attention; they divide the width.
    expansion : int, default 2
        Width of a block's hidden layer, in widths of a token.
    dropout : float, default 0.0
        After attention and hidden layer, in [0, 1).

    Raises
    ------
    PairingError
        When built on rows that are not tokens, or of a width that the heads do not divide.

    References
    ----------
    Vaswani et al. (2017), "Attention is all you need"; Xiong et al. (2020), "On layer normalization
    in the transformer architecture" (normalisation first).

    Examples
    --------
    >>> from layerwise import Patches, Pool, Stack, Transformer
    >>> Stack(Patches(4, 96), Transformer(6, 6), Pool())
    Stack(Patches(width=96), Transformer(6, 6), Pool())
    """

    depth: int = 4
    heads: int = 4
    _: KW_ONLY
    expansion: int = 2
    dropout: float = 0.0

    def __post_init__(self) -> None:
        for name in ("depth", "heads", "expansion"):
            check_int(self, name, getattr(self, name), 1)
        check_number(self, "dropout", self.dropout, 0.0, 0.999)

    def build(self, in_space: Space, generator: torch.Generator) -> TransformerEncoder:
        check_numbers(self, in_space)
        if len(in_space.shape) != 2:
            raise PairingError(
                f"{self!r} needs tokens (tokens, width); its input has the shape {in_space.shape}.",
                "Put Patches below it for images, or Cells for tables.",
            )
        if in_space.shape[1] % self.heads:
            raise PairingError(
                f"{self!r} has {self.heads} heads, which do not divide tokens of width "
                f"{in_space.shape[1]}.",
                "Change one of the two.",
            )
        return TransformerEncoder(self, in_space, generator)


class TransformerEncoder(StageModule):
    """The trained form of :class:`Transformer`."""

    def __init__(self, stage: Transformer, in_space: Space, generator: torch.Generator) -> None:
        super().__init__(in_space, Space.of("real", *in_space.shape))
        width = in_space.shape[1]
        with seeded(generator):
            self.blocks = nn.ModuleList(Mixer(stage, width) for _ in range(stage.depth))
            self.norm = nn.LayerNorm(width)

    def encode(self, x: Tensor, at: At = BY_HAND) -> Tensor:
        """``(n, t, width) -> (n, t, width)``, of any number of tokens."""
        padded = None if at.mask is None else ~at.valid(x)
        for block in self.blocks:
            x = block(x, padded, at)
        return self.norm(x)

    def layers(self) -> list[nn.Module]:
        """Return the blocks; the last norm belongs to the whole."""
        return list(self.blocks)


class Mixer(nn.Module):
    """One block: ``x + attention(norm(x))``, then ``x + layers(norm(x))``."""

    def __init__(self, stage: Transformer, width: int) -> None:
        super().__init__()
        self.heads, self.dropout = stage.heads, stage.dropout
        self.before = nn.LayerNorm(width)
        self.ask = nn.Linear(width, 3 * width)
        self.answer = nn.Linear(width, width)
        self.between = nn.LayerNorm(width)
        self.widen = nn.Linear(width, stage.expansion * width)
        self.narrow = nn.Linear(stage.expansion * width, width)
        for layer in (self.ask, self.answer, self.widen, self.narrow):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor, padded: Tensor | None, at: At) -> Tensor:
        x = x + self._dropped(self._attend(self.before(x), padded), at)
        hidden = self._dropped(F.gelu(self.widen(self.between(x))), at)
        return x + self._dropped(self.narrow(hidden), at)

    def _attend(self, x: Tensor, padded: Tensor | None) -> Tensor:
        n, t, width = x.shape
        q, k, v = self.ask(x).view(n, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        seen = None
        if padded is not None:  # a row of padding alone looks at itself
            seen = ~padded[:, None, None, :] | padded.all(1)[:, None, None, None]
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=seen)
        return self.answer(mixed.transpose(1, 2).reshape(n, t, width))

    def _dropped(self, x: Tensor, at: At) -> Tensor:
        return dropout(x, self.dropout, at.dropout) if self.training else x
