"""The block of residual networks for tables."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import torch
from torch import Tensor, nn

from .._checks import check_bool, check_int, check_number
from .._errors import PairingError
from .._random import BY_HAND, At, dropout
from .._space import Space
from .._spec import register
from .initialisers import linear
from .stage import Stage, StageModule, check_numbers


@register
@dataclass(frozen=True, repr=False)
class ResidualDense(Stage):
    """``x + dropout(linear(dropout(relu(linear(norm(x))))))`` with batch normalisation: the code is
    as wide as the input ``(d,)``; it only encodes.

    Parameters
    ----------
    hidden : int, default 256
        Width of the hidden layer, at least 1.
    dropout : float, default 0.1
        Share of the hidden layer, and of what is added to x, that is zeroed in every training phase
        of this stage, in [0, 1).
    last : bool, default False
        Whether a norm and a ReLU end the block: for the topmost of a stack.

    Raises
    ------
    ParameterError
        When a setting is out of its range.
    PairingError
        When built on images or tokens.

    References
    ----------
    Gorishniy, Rubachev, Khrulkov and Babenko (2021), "Revisiting deep learning models for tabular
    data" (ResNet).

    Examples
    --------
    >>> from layerwise import Dense, ResidualDense, Stack
    >>> Stack(Dense(128, activation="linear"), ResidualDense(256), ResidualDense(256, last=True))
    Stack(Dense(128, activation='linear'), ResidualDense(), ResidualDense(last=True))
    """

    hidden: int = 256
    _: KW_ONLY
    dropout: float = 0.1
    last: bool = False

    def __post_init__(self) -> None:
        check_int(self, "hidden", self.hidden, 1)
        check_number(self, "dropout", self.dropout, 0.0, 0.999)
        check_bool(self, "last", self.last)

    def build(self, in_space: Space, generator: torch.Generator) -> ResidualDenseEncoder:
        check_numbers(self, in_space)
        if len(in_space.shape) != 1:
            raise PairingError(
                f"{self!r} needs flat rows; its input has the shape {in_space.shape}.",
                "Put it above Dense or Pool, or use ResidualBlock for images.",
            )
        return ResidualDenseEncoder(self, in_space, generator)


class ResidualDenseEncoder(StageModule):
    """The trained form of :class:`ResidualDense`: ``norm``, ``first``, ``second``, ``last_norm`` of
    the last one."""

    def __init__(self, stage: ResidualDense, in_space: Space, generator: torch.Generator) -> None:
        d = in_space.size
        super().__init__(
            in_space, Space.of("nonneg", d, link="relu") if stage.last else Space.of("real", d)
        )
        self.dropout = stage.dropout
        self.norm = nn.BatchNorm1d(d)
        self.first = linear(d, stage.hidden, generator, "he_uniform")
        self.second = linear(stage.hidden, d, generator)
        self.last_norm = nn.BatchNorm1d(d) if stage.last else None

    def encode(self, x: Tensor, at: At = BY_HAND) -> Tensor:
        """``(n, d) -> (n, d)``."""
        p = self.dropout if self.training else 0.0
        hidden = torch.relu(self.first(self.norm(x)))
        added = self.second(dropout(hidden, p, at.dropout) if p else hidden)
        code = x + (dropout(added, p, at.dropout) if p else added)
        return code if self.last_norm is None else torch.relu(self.last_norm(code))
