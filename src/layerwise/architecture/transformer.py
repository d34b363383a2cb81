"""Tokens that look at one another."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .._checks import check_int, check_number
from .._errors import PairingError
from .._random import BY_HAND, At, dropout
from .._space import Space
from .._spec import register
from .initialisers import initialise, linear
from .stage import Stage, StageModule, check_numbers


@register
@dataclass(frozen=True, repr=False)
class Transformer(Stage):
    """``x + attention(norm(x))``, then ``x + mlp(norm(x))``, ``depth`` times, and a last norm, on
    tokens ``(t, width)``; it only encodes.

    It reads any number of tokens. What is padding is seen by none of the others.

    Parameters
    ----------
    depth : int, default 4
        Number of blocks, at least 1; each has a learning rate of its own (``layer_decay``).
    heads : int, default 4
        Of the attention; it divides the width of a token.
    expansion : int, default 2
        Width of the hidden GELU layer of a block in widths of a token.
    dropout : float, default 0.0
        Share of each hidden layer, and of what each branch adds, that is zeroed in every training
        phase of this stage, in [0, 1).

    Raises
    ------
    ParameterError
        When a setting is out of its range.
    PairingError
        When built on rows that are no tokens, or of a width that the heads do not divide.

    References
    ----------
    Vaswani et al. (2017), "Attention is all you need". Xiong et al. (2020), "On layer normalization
    in the transformer architecture" (norms inside the branches: trains without warming up).

    Examples
    --------
    >>> from layerwise import Patches, Stack, Transformer
    >>> Stack(Patches(7, 64), Transformer(6, 8, expansion=4), in_shape=(1, 28, 28))
    Stack(Patches(7), Transformer(6, 8, expansion=4), in_shape=(1, 28, 28))
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
        if len(in_space.shape) != 2 or len(in_space.blocks) != 1:
            raise PairingError(
                f"{self!r} needs tokens (tokens, width); its input has the shape {in_space.shape}.",
                "Put it above Patches (images), Cells (tables) or Embedding (text).",
            )
        width = in_space.shape[1]
        if width % self.heads:
            fitting = [str(heads) for heads in range(1, min(width, 16) + 1) if width % heads == 0]
            raise PairingError(
                f"{self!r} divides tokens of width {width} among {self.heads} heads.",
                f"Numbers of heads that fit: {', '.join(fitting)}.",
            )
        return TransformerEncoder(self, in_space, generator)


class TransformerEncoder(StageModule):
    """The trained form of :class:`Transformer`: its ``blocks`` and the last ``norm``."""

    def __init__(self, stage: Transformer, in_space: Space, generator: torch.Generator) -> None:
        super().__init__(in_space, Space.of("real", *in_space.shape))
        width, hidden = in_space.shape[1], stage.expansion * in_space.shape[1]
        self.dropout = stage.dropout
        self.blocks = nn.ModuleList(
            TransformerBlock(width, stage.heads, hidden, generator) for _ in range(stage.depth)
        )
        self.norm = nn.LayerNorm(width)

    def encode(self, x: Tensor, at: At = BY_HAND) -> Tensor:
        """``(n, t', width) -> (n, t', width)``."""
        seen = None
        if at.mask is not None:
            valid = at.valid(x)
            valid = valid | ~valid.any(1, keepdim=True)  # of padding alone all: finite numbers
            seen = valid[:, None, None, :]  # (n, heads, from, to)
        p = self.dropout if self.training else 0.0
        for block in self.blocks:
            x = block(x, seen, p, at)
        return self.norm(x)

    def layers(self) -> list[nn.Module]:
        """Return the blocks; the last norm goes with the topmost."""
        return list(self.blocks)


class TransformerBlock(nn.Module):
    """Attention and a hidden layer, each around a skip: ``(n, t, k) -> (n, t, k)``."""

    def __init__(self, width: int, heads: int, hidden: int, generator: torch.Generator) -> None:
        super().__init__()
        self.heads = heads
        self.attention_norm = nn.LayerNorm(width)
        self.attention_in = linear(width, 3 * width, generator)  # queries, keys, values
        for part in self.attention_in.weight.detach().chunk(3):
            initialise(part, "glorot_uniform", "linear", generator)
        self.attention_out = linear(width, width, generator)
        self.mlp_norm = nn.LayerNorm(width)
        self.mlp_in = linear(width, hidden, generator)
        self.mlp_out = linear(hidden, width, generator)

    def forward(self, x: Tensor, seen: Tensor | None, p: float, at: At) -> Tensor:
        parts = self.attention_in(self.attention_norm(x)).unflatten(2, (3, self.heads, -1))
        query, key, value = parts.permute(2, 0, 3, 1, 4)  # each (n, heads, t, k / heads)
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=seen)
        added = self.attention_out(mixed.transpose(1, 2).flatten(2))
        x = x + (dropout(added, p, at.dropout) if p else added)
        hidden = F.gelu(self.mlp_in(self.mlp_norm(x)))
        added = self.mlp_out(dropout(hidden, p, at.dropout) if p else hidden)
        return x + (dropout(added, p, at.dropout) if p else added)
