"""The codes of several stages side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from .._random import BY_HAND, At
from .._space import Space
from .._spec import register
from .composite import Composite
from .stack import StackModule, build_chain
from .stage import StageModule


@register
@dataclass(frozen=True, repr=False, init=False)
class Concatenate(Composite):
    """``code = (h1, h2, ..., hm)``: the codes of all its stages, each the input of the next; ``hm``
    alone is decoded.

    It counts as one stage, so its stages are trained together. Whatever learns from the codes sees
    every layer.

    Parameters
    ----------
    *stages : Stage
        At least one.

    Raises
    ------
    ParameterError
        Without a stage.

    References
    ----------
    Jahrer (2017), first place in Kaggle's Porto Seguro competition (all hidden layers of a
    denoising autoencoder as features).

    Examples
    --------
    >>> from layerwise import Concatenate, Dense, Stack
    >>> Stack(Concatenate(Dense(256), Dense(256)))
    Stack(Concatenate(Dense(256), Dense(256)))
    """

    def build(self, in_space: Space, generator: torch.Generator) -> ConcatenateCodec:
        return ConcatenateCodec(build_chain(self.stages, in_space, generator))


class ConcatenateCodec(StageModule):
    """The trained form of :class:`Concatenate`; ``inner`` holds its stages."""

    def __init__(self, inner: StackModule) -> None:
        spaces = [stage.code_space for stage in inner.chain]
        blocks = tuple(block for space in spaces for block in space.blocks)
        super().__init__(inner.in_space, Space((sum(space.size for space in spaces),), blocks))
        self.inner = inner

    def encode(self, x: Tensor, at: At = BY_HAND) -> Tensor:
        """``(n, *in) -> (n, k1 + ... + km)``."""
        codes = []
        for stage in self.inner.chain:
            x = stage.encode(x, at)
            codes.append(x.flatten(1))
        return torch.cat(codes, dim=1)

    def encode_traced(self, x: Tensor, at: At = BY_HAND) -> tuple[Tensor, Any]:
        """Encode, with what each stage leaves for the way down."""
        codes, traces = [], []
        for stage in self.inner.chain:
            x, trace = stage.encode_traced(x, at)
            codes.append(x.flatten(1))
            traces.append(trace)
        return torch.cat(codes, dim=1), traces

    def decode_traced(self, z: Tensor, trace: Any) -> Tensor:
        """``decode_params`` with the traces of the same rows."""
        return self.inner.descend(self._top(z), trace)

    def layers(self) -> list[nn.Module]:
        """Return the layers of its stages."""
        return [layer for layers in self.inner.layers() for layer in layers]

    @property
    def decodes(self) -> bool:
        """Whether its stages have a way back."""
        return self.inner.decodes

    def decode_params(self, z: Tensor) -> Tensor:
        """``(n, k1 + ... + km) -> (n, d)``, before the link."""
        return self.inner.decode_params(self._top(z))

    def _top(self, z: Tensor) -> Tensor:
        """Return the code of its topmost stage."""
        top = self.inner.code_space
        return z[:, -top.size :].reshape(len(z), *top.shape)

    def centre(self, mean: Tensor) -> None:
        """Let the lowest of its decoders begin at the mean of the input, ``(d,)``."""
        self.inner.chain[0].centre(mean)
