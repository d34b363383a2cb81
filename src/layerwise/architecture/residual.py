"""Stages with a skip around them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .._errors import PairingError
from .._random import BY_HAND, At
from .._space import Space
from .._spec import register
from .composite import Composite
from .stack import StackModule, build_chain
from .stage import StageModule


@register
@dataclass(frozen=True, repr=False, init=False)
class Residual(Composite):
    """``code = x + f(x)``, where f is the stages; the decoder is ``link(z + g(z))`` with their
    decoders as g.

    It counts as one stage of its stack. The code is as large as the input, and a plain
    reconstruction of a residual stage alone is solved by f = g = 0: train it with ``Denoising``, or
    jointly with narrower stages.

    Parameters
    ----------
    *stages : Stage
        At least one; the code of the last has the input's shape.

    Raises
    ------
    ParameterError
        Without a stage.
    PairingError
        When built where the code has another shape than the input.

    References
    ----------
    He, Zhang, Ren and Sun (2016), "Deep residual learning for image recognition".

    Examples
    --------
    >>> from layerwise import Dense, Residual, Stack
    >>> Stack(Dense(64), Residual(Dense(128), Dense(64)), Dense(16))
    Stack(Dense(64), Residual(Dense(128), Dense(64)), Dense(16))
    """

    def build(self, in_space: Space, generator: torch.Generator) -> ResidualCodec:
        inner = build_chain(self.stages, in_space, generator)
        if inner.code_space.shape != in_space.shape:
            raise PairingError(
                f"{self!r} adds its input of shape {in_space.shape} to a code of shape "
                f"{inner.code_space.shape}.",
                f"Let the last stage make codes of shape {in_space.shape}.",
            )
        return ResidualCodec(inner)


class ResidualCodec(StageModule):
    """The trained form of :class:`Residual`; ``inner`` holds its stages."""

    def __init__(self, inner: StackModule) -> None:
        both = {inner.in_space.kind, inner.code_space.kind}
        positive = both <= {"nonneg", "unit"}
        shape = inner.in_space.shape
        super().__init__(
            inner.in_space,
            Space.of("nonneg", *shape, link="relu") if positive else Space.of("real", *shape),
        )
        self.inner = inner

    def encode(self, x: Tensor, at: At = BY_HAND) -> Tensor:
        """``(n, *in) -> (n, *in)``."""
        return x + self.inner.encode(x, at)

    def layers(self) -> list[nn.Module]:
        """Return the layers of its stages."""
        return [layer for layers in self.inner.layers() for layer in layers]

    @property
    def decodes(self) -> bool:
        """Whether its stages have a way back."""
        return self.inner.decodes

    def decode_params(self, z: Tensor) -> Tensor:
        """``(n, *in) -> (n, d)``, before the link."""
        return z.flatten(1) + self.inner.decode_params(z)
