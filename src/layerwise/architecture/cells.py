"""Rows of a table as tokens: their cells."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import torch
from torch import Tensor, nn

from .._checks import check_bool, check_int
from .._errors import PairingError
from .._random import BY_HAND, At, seeded
from .._space import Space
from .._spec import register
from .stage import Stage, StageModule, check_numbers


@register
@dataclass(frozen=True, repr=False)
class Cells(Stage):
    """The cells of a row, each a token: a number times a vector of its column, or a vector of the
    category, plus one of the column.

    ``(d,) -> (columns + 1, width)``, a class token in front; it only encodes.

    Parameters
    ----------
    width : int, default 32
        Of a token.
    class_token : bool, default True
        Whether a learned token stands before the cells (see ``Pool("first")``).

    Raises
    ------
    PairingError
        When built on images or tokens.

    References
    ----------
    Gorishniy, Rubachev, Khrulkov and Babenko (2021), "Revisiting deep learning models for tabular
    data" (the FT-Transformer).

    Examples
    --------
    >>> from layerwise import Cells, Pool, Stack, Transformer
    >>> Stack(Cells(32), Transformer(2), Pool("first"))
    Stack(Cells(), Transformer(2), Pool('first'))
    """

    width: int = 32
    _: KW_ONLY
    class_token: bool = True

    def __post_init__(self) -> None:
        check_int(self, "width", self.width, 1)
        check_bool(self, "class_token", self.class_token)

    def build(self, in_space: Space, generator: torch.Generator) -> CellEncoder:
        check_numbers(self, in_space)
        if len(in_space.shape) != 1:
            raise PairingError(
                f"{self!r} takes the cells of a table; its input has the shape {in_space.shape}.",
                "Use Patches for images.",
            )
        return CellEncoder(self, in_space, generator)


class CellEncoder(StageModule):
    """The trained form of :class:`Cells`: ``weight`` (d, width), ``bias`` (columns, width)."""

    def __init__(self, stage: Cells, in_space: Space, generator: torch.Generator) -> None:
        # the features of each token: those of a category are one, any other its own
        sizes = [
            size
            for block in in_space.blocks
            for size in ([block.size] if block.kind == "category" else [1] * block.size)
        ]
        super().__init__(in_space, Space.of("real", len(sizes) + stage.class_token, stage.width))
        bound = stage.width**-0.5
        with seeded(generator):
            self.weight = nn.Parameter((torch.rand(in_space.size, stage.width) * 2 - 1) * bound)
            self.bias = nn.Parameter((torch.rand(len(sizes), stage.width) * 2 - 1) * bound)
            first = (torch.rand(stage.width) * 2 - 1) * bound if stage.class_token else None
        self.first = None if first is None else nn.Parameter(first)
        self.plain = max(sizes) == 1
        self.sizes = sizes

    def encode(self, x: Tensor, at: At = BY_HAND) -> Tensor:
        """``(n, d) -> (n, t, width)``: the cells that are to be seen."""
        tokens = x[:, :, None] * self.weight
        if not self.plain:
            parts = tokens.split(self.sizes, dim=1)
            tokens = torch.stack([part.sum(1) for part in parts], dim=1)
        tokens = at.kept(tokens + self.bias)
        if self.first is None:
            return tokens
        first = self.first.to(tokens.dtype).expand(len(tokens), 1, -1)
        return torch.cat([first, tokens], dim=1)
