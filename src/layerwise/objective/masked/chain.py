"""A stack whose lower stages hold tokens."""

from __future__ import annotations

from itertools import takewhile

from torch import Tensor

from ..._contracts import Codec, Floor
from ..._errors import PairingError
from ..._random import At
from ..objective import Objective


def token_floors(codec: Codec) -> list[Floor]:
    """Return the stages whose codes are tokens: all below the pooling."""
    return list(takewhile(lambda floor: len(floor.code_space.shape) == 2, codec.chain))


def encoded_tokens(codec: Codec, x: Tensor, at: At) -> Tensor:
    """Return the codes of the tokens that ``at`` lets be seen, ``(n, t', k)``."""
    for floor in token_floors(codec):
        x = floor.encode(x, at)
    return x.float()


def check_pooled(objective: Objective, codec: Codec, what: str) -> None:
    """Raise unless nothing is left to train above the tokens."""
    for floor in codec.chain[len(token_floors(codec)) :]:
        if floor.layers():
            raise PairingError(
                f"{objective!r} learns from the codes of {what}; the stage "
                f"{getattr(floor, 'stage', type(floor).__name__)!r} above them would stay as it "
                "is.",
                "End the stack with the tokens or with Pool, or train it in a later step.",
            )
