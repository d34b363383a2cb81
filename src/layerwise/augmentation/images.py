"""What augmentations of images share: parameters and a chance for each row, and whom they
refuse."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import torch
from torch import Tensor

from .._checks import check_number
from .._errors import PairingError, ParameterError
from .._space import Space
from .augmentation import Augmentation


class OfImages(Augmentation):
    """Base of what changes images ``(n, c, h, w)``, each with probability ``p``.

    A subclass says how many numbers a row draws and implements ``changed``; it never writes to what
    it is given.
    """

    leaves_input: ClassVar[bool] = True
    draws: ClassVar[int] = 1
    does: ClassVar[str] = "changes images"

    p: float

    def numbers(self) -> int:
        """Return how many numbers a row draws."""
        return self.draws

    @abstractmethod
    def changed(self, x: Tensor, drawn: Tensor) -> Tensor:
        """Return every image changed, by its row of ``drawn``: ``(n, numbers)`` in [0, 1), on the
        device of ``x``."""

    def check(self, space: Space) -> None:
        refuse_what_is_no_image(self, space, self.does)

    def view(self, x: Tensor, space: Space, generator: torch.Generator) -> Tensor:
        drawn = torch.rand(len(x), 1 + self.numbers(), generator=generator)
        rows = (drawn[:, 0] < self.p).nonzero()[:, 0]  # on the CPU: no device waits for it
        if not len(rows):
            return x
        drawn, rows = drawn[rows, 1:].to(x.device), rows.to(x.device)
        # half a number names no pixel: a network's lower precision is not that of its input
        with torch.autocast(x.device.type, enabled=False):
            if len(rows) == len(x):
                return self.changed(x, drawn)
            return x.index_copy(0, rows, self.changed(x.index_select(0, rows), drawn))


def refuse_what_is_no_image(augmentation: Augmentation, space: Space, does: str) -> None:
    """Raise PairingError unless rows are ``(c, h, w)``."""
    if len(space.shape) != 3:
        raise PairingError(
            f"{augmentation!r} {does}; a row has the shape {space.shape}.",
            "Say Stack(..., in_shape=(1, 28, 28)), give 4-D arrays, or use Swap.",
        )


def between(drawn: Tensor, low: float, high: float) -> Tensor:
    """Stretch numbers from [0, 1) over a range."""
    return drawn * (high - low) + low


def check_range(
    owner: object, name: str, value: object, low: float, high: float, *, open_low: bool = False
) -> None:
    """Raise unless ``value`` is two numbers of the range, the smaller one first; keep it as a
    tuple."""
    pair = tuple(value) if isinstance(value, (tuple, list)) else ()
    for number in pair:
        check_number(owner, name, number, low, high, open_low=open_low)
    if len(pair) != 2 or pair[0] > pair[1]:
        raise ParameterError(
            f"The {name!r} parameter of {type(owner).__name__} must be two numbers, the smaller "
            f"one first. Got {value!r} instead."
        )
    object.__setattr__(owner, name, pair)
