"""Shape and kind of what flows between parts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import accumulate, pairwise

from ._errors import ParameterError

KINDS = ("real", "unit", "nonneg", "category", "token")
LINKS = (
    "linear",
    "sigmoid",
    "softmax",
    "softplus",
    "relu",
    "tanh",
    "leaky_relu",
    "elu",
    "gelu",
    "silu",
    "abs_tanh",
)
_LINKS = {
    "real": "linear",
    "unit": "sigmoid",
    "nonneg": "softplus",
    "category": "softmax",
    "token": "softmax",
}


@dataclass(frozen=True)
class Block:
    """Some neighbouring features of one kind.

    Parameters
    ----------
    kind : {'real', 'unit', 'nonneg', 'category', 'token'}
        Any real number; [0, 1]; at least 0; the one-hot columns of one category; whole numbers that
        name a word, a piece or a level, 0 where there is none.
    size : int
        Number of features.
    link : str
        The function that maps a decoder's raw output into the block; by default the kind's own.
    levels : int
        Of tokens: how many values an entry may have, 0 among them; at least 2.

    Raises
    ------
    ParameterError
        For an unknown kind or link, an empty block, or levels that do not fit the kind.

    Examples
    --------
    >>> from layerwise import Block
    >>> Block("category", 3).link
    'softmax'
    >>> Block("token", 128, levels=30_522).parameters
    3906816
    """

    kind: str
    size: int
    link: str = ""
    levels: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS or self.size < 1:
            raise ParameterError(
                f"A block needs a kind of {KINDS} and a size of at least 1. Got {self.kind!r} and "
                f"{self.size!r}."
            )
        if self.link and self.link not in LINKS:
            raise ParameterError(f"A block's link must be one of {LINKS}. Got {self.link!r}.")
        if (self.levels < 2) if self.kind == "token" else self.levels != 0:
            raise ParameterError(
                f"Tokens need levels of at least 2, other kinds have none. Got {self.kind!r} and "
                f"levels={self.levels!r}."
            )
        if not self.link:
            object.__setattr__(self, "link", _LINKS[self.kind])

    @property
    def parameters(self) -> int:
        """Number of a decoder's raw outputs: one a feature, but a token has one a level."""
        return self.size * max(1, self.levels)


@dataclass(frozen=True)
class Space:
    """Shape and kind of what flows between parts.

    Parameters
    ----------
    shape : tuple of int
        Shape of one row.
    blocks : tuple of Block
        Kinds of the flattened features, in order; their sizes sum to the features.

    Raises
    ------
    ParameterError
        When the sizes do not sum to the features.

    Examples
    --------
    >>> from layerwise import Block, Space
    >>> Space((5,), (Block("real", 2), Block("category", 3))).kind
    'mixed'
    """

    shape: tuple[int, ...]
    blocks: tuple[Block, ...]

    def __post_init__(self) -> None:
        if sum(block.size for block in self.blocks) != self.size:
            raise ParameterError(
                f"The blocks hold {sum(b.size for b in self.blocks)} features, the shape "
                f"{self.shape} {self.size}."
            )

    @staticmethod
    def of(kind: str, *shape: int, link: str = "", levels: int = 0) -> Space:
        """Return a space of one kind.

        >>> Space.of("unit", 784).blocks
        (Block(kind='unit', size=784, link='sigmoid', levels=0),)
        """
        return Space(tuple(shape), (Block(kind, math.prod(shape), link, levels),))

    @property
    def size(self) -> int:
        """Number of features."""
        return math.prod(self.shape)

    @property
    def parameters(self) -> int:
        """Number of a decoder's raw outputs."""
        return sum(block.parameters for block in self.blocks)

    @property
    def kind(self) -> str:
        """The kind when there is one, else 'mixed'."""
        kinds = {block.kind for block in self.blocks}
        return kinds.pop() if len(kinds) == 1 else "mixed"

    def shaped(self, shape: tuple[int, ...] | None) -> Space:
        """Return the space with rows of another shape, where that has as many features."""
        fits = shape is not None and math.prod(shape) == self.size
        return Space(tuple(shape), self.blocks) if shape is not None and fits else self

    def slices(self) -> list[tuple[Block, slice]]:
        """Return each block with the features that it covers."""
        return self._cut([block.size for block in self.blocks])

    def parameter_slices(self) -> list[tuple[Block, slice]]:
        """Return each block with the raw outputs of a decoder that it covers."""
        return self._cut([block.parameters for block in self.blocks])

    def holds(self, kind: str) -> bool:
        """Whether some block is of a kind."""
        return any(block.kind == kind for block in self.blocks)

    def _cut(self, sizes: list[int]) -> list[tuple[Block, slice]]:
        ends = list(accumulate(sizes, initial=0))
        return [
            (block, slice(*cut)) for block, cut in zip(self.blocks, pairwise(ends), strict=True)
        ]
