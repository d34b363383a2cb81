"""Stages with a skip around them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import Tensor

from .._contracts import Space
from .._errors import PairingError, ParameterError
from .._spec import check_kind, register
from .stack import StackModule, build_chain
from .stage import Stage, StageModule


@register
@dataclass(frozen=True, repr=False, init=False)
class Residual(Stage):
    """``code = x + f(x)``, where f is the stages; the decoder is ``link(z + g(z))`` with their decoders as g.

    It counts as one stage of its stack. The code is as large as the input, and a plain reconstruction of a residual stage alone
    is solved by f = g = 0: train it with ``Denoising``, or jointly with narrower stages.

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

    stages: tuple[Stage, ...]

    def __init__(self, *stages: Stage) -> None:
        if not stages:
            raise ParameterError("A Residual needs at least one stage.", "For example Residual(Dense(64), Dense(64)).")
        for stage in stages:
            check_kind(self, "stages", stage, Stage, "stages such as Dense(500)")
        object.__setattr__(self, "stages", tuple(stages))

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Self:
        return cls(*fields["stages"])

    def build(self, in_space: Space, generator: torch.Generator) -> ResidualCodec:
        inner = build_chain(self.stages, in_space, generator)
        if inner.code_space.shape != in_space.shape:
            raise PairingError(
                f"{self!r} adds its input of shape {in_space.shape} to a code of shape {inner.code_space.shape}.",
                f"Let the last stage make codes of shape {in_space.shape}.",
            )
        return ResidualCodec(inner)

    def with_best_init(self) -> Residual:
        return Residual(*(stage.with_best_init() for stage in self.stages))

    def __repr__(self) -> str:
        return f"Residual({', '.join(map(repr, self.stages))})"


class ResidualCodec(StageModule):
    """The trained form of :class:`Residual`; ``inner`` holds its stages."""

    def __init__(self, inner: StackModule) -> None:
        both = {inner.in_space.kind, inner.code_space.kind}
        positive = both <= {"nonneg", "unit"}
        shape = inner.in_space.shape
        super().__init__(inner.in_space, Space.of("nonneg", *shape, link="relu") if positive else Space.of("real", *shape))
        self.inner = inner

    def encode(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """``(n, *in) -> (n, *in)``."""
        return x + self.inner.encode(x, generator)

    def decode_params(self, z: Tensor) -> Tensor:
        """``(n, *in) -> (n, d)``, before the link."""
        return z.flatten(1) + self.inner.decode_params(z)
