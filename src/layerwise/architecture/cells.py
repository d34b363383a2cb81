"""A row of a table as tokens."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import torch
from torch import Tensor, nn

from .._checks import check_bool, check_int
from .._errors import PairingError
from .._space import Block, Space
from .._spec import register
from .initialisers import initialise
from .stage import Stage, check_numbers
from .tokens import TokenEncoder


@register
@dataclass(frozen=True, repr=False)
class Cells(Stage):
    """A row of a table ``(d,)`` as tokens ``(t, width)``, one a column; it only encodes.

    A number becomes ``x_j w_j + b_j``; a category becomes the vector of its value and the bias of
    its column. Under ``Transformer`` and ``Pool('first')`` it is the FT-Transformer.

    Parameters
    ----------
    width : int, default 32
        Of a token, at least 1.
    class_token : bool, default True
        Whether a learned token stands before the others, for ``Pool('first')``.

    Raises
    ------
    ParameterError
        When a setting is out of its range.
    PairingError
        When built on images, on tokens, or on whole numbers that name something.

    References
    ----------
    Gorishniy, Rubachev, Khrulkov and Babenko (2021), "Revisiting deep learning models for tabular
    data" (the feature tokeniser).

    Examples
    --------
    >>> from layerwise import Cells, Pool, Stack, Transformer
    >>> Stack(Cells(32), Transformer(2, 4, dropout=0.1), Pool("first"))
    Stack(Cells(), Transformer(2, dropout=0.1), Pool('first'))
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
                f"{self!r} needs rows of a table; its input has the shape {in_space.shape}.",
                "Use Patches for images.",
            )
        return CellEncoder(self, in_space, generator)


class CellEncoder(TokenEncoder):
    """The trained form of :class:`Cells`: ``vectors`` (d, width), ``bias`` (t, width).

    ``columns`` are the features of each token.
    """

    def __init__(self, stage: Cells, in_space: Space, generator: torch.Generator) -> None:
        columns: list[slice] = []
        for block, part in in_space.slices():
            step = block.size if block.kind == "category" else 1
            columns += [slice(j, j + step) for j in range(part.start, part.stop, step)]
        super().__init__(in_space, len(columns), stage.width, stage.class_token, generator)
        self.columns = columns
        self.vectors = nn.Parameter(torch.empty(in_space.size, stage.width))
        self.bias = nn.Parameter(torch.empty(len(columns), stage.width))
        for values in (self.vectors, self.bias):
            initialise(values, f"uniform({stage.width**-0.5})", "linear", generator)

    def contents(self, x: Tensor) -> Tensor:
        """``(n, d) -> (n, t, width)``."""
        made = [
            (x[:, part] @ self.vectors[part])[:, None]
            if block.kind == "category"
            else x[:, part, None] * self.vectors[part]
            for block, part in self.in_space.slices()
        ]
        return torch.cat(made, dim=1)

    def places(self, count: int) -> Tensor:
        """Return the biases: a column is a place."""
        return self.bias

    @property
    def meanings(self) -> tuple[Block, ...]:
        return tuple(
            Block(block.kind, part.stop - part.start, block.link)
            for block, columns in self.in_space.slices()
            for part in self.columns
            if columns.start <= part.start < columns.stop
        )

    def meaning(self, x: Tensor) -> Tensor:
        """It is the row: ``(n, d) -> (n, d)``."""
        return x

    def exchanged(self, x: Tensor, others: Tensor, where: Tensor) -> Tensor:
        sizes = torch.tensor([part.stop - part.start for part in self.columns], device=x.device)
        return torch.where(where.repeat_interleave(sizes, dim=1), others, x)

    def others(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """Return rows each of whose columns comes from a row of its own."""
        taken = [
            x[torch.randperm(len(x), generator=generator).to(x.device), part]
            for part in self.columns
        ]
        return torch.cat(taken, dim=1)
