"""The stage whose codes are distributions."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .._checks import check_int
from .._contracts import LatentFloor
from .._random import BY_HAND, At
from .._space import Space
from .._spec import register
from .initialisers import initialise
from .stage import Stage, StageModule, check_numbers

LEAST, MOST = -12.0, 12.0  # log variances; beyond, exp is of no use to a float32


@register
@dataclass(frozen=True, repr=False)
class Latent(Stage):
    """A code that is a normal distribution, ``q(z|x) = N(W x + b, diag(exp(S x + s)))``, with a
    linear decoder; rows are encoded as its mean. The top of a variational autoencoder.

    Parameters
    ----------
    units : int
        Size of the code, at least 1.

    References
    ----------
    Kingma and Welling (2014), "Auto-encoding variational Bayes".

    Examples
    --------
    >>> from layerwise import Dense, Latent, Stack
    >>> Stack(Dense(64), Latent(8)).depth
    2
    """

    units: int

    def __post_init__(self) -> None:
        check_int(self, "units", self.units, 1)

    def build(self, in_space: Space, generator: torch.Generator) -> LatentCodec:
        check_numbers(self, in_space)
        return LatentCodec(self, in_space, generator)


class LatentCodec(StageModule):
    """The trained form of :class:`Latent`: ``weight`` (k, d), ``bias`` (k), ``spread_weight`` (k,
    d), ``spread_bias`` (k), ``decoder_weight`` (d, k), ``decoder_bias`` (d), and ``log_noise``: the
    logarithm of the standard deviation that the data's real values have around what is decoded (a
    buffer: a moving average)."""

    log_noise: Tensor

    def __init__(self, stage: Latent, in_space: Space, generator: torch.Generator) -> None:
        super().__init__(in_space, Space.of("real", stage.units))
        self.stage = stage
        d, k = in_space.size, stage.units
        self.weight = nn.Parameter(torch.empty(k, d))
        self.bias = nn.Parameter(torch.zeros(k))
        self.spread_weight = nn.Parameter(torch.zeros(k, d))
        self.spread_bias = nn.Parameter(torch.zeros(k))
        self.decoder_weight = nn.Parameter(torch.empty(d, k))
        self.decoder_bias = nn.Parameter(torch.zeros(d))
        self.register_buffer("log_noise", torch.zeros(()))
        initialise(self.weight, "auto", "linear", generator)
        initialise(self.decoder_weight, "auto", in_space.blocks[0].link, generator)

    def encode(self, x: Tensor, at: At = BY_HAND) -> Tensor:
        """``(n, *in) -> (n, k)``: the mean."""
        return F.linear(x.flatten(1), self.weight, self.bias)

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log variance, ``(n, *in) -> (n, k)`` each."""
        rows = x.flatten(1)
        spread = F.linear(rows, self.spread_weight, self.spread_bias)
        return F.linear(rows, self.weight, self.bias), spread.clamp(LEAST, MOST)

    def decode_params(self, z: Tensor) -> Tensor:
        return F.linear(z, self.decoder_weight, self.decoder_bias)

    def latent_view(self) -> LatentFloor:
        return self
