"""A tied stage seen as a restricted Boltzmann machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from .._random import bernoulli_of
from .._space import Block

if TYPE_CHECKING:
    from .dense import DenseCodec

HIDDEN = {"sigmoid": "binary", "linear": "gaussian", "relu": "rectified"}
VISIBLE = {
    ("unit", "sigmoid"): "binary",
    ("category", "softmax"): "softmax",
    ("real", "linear"): "gaussian",
    ("nonneg", "relu"): "rectified",
}


class Boltzmann:
    """``E(v, h) = visible(v) - v'W'h - b'h + hidden(h)``, with v divided by its scale where that is
    learned.

    Hidden units are binary (sigmoid stages), Gaussian with variance 1 (linear), or noisy rectified
    (ReLU). Visible units are binary (values in [0, 1]), softmax (a category), Gaussian (real
    values) or rectified (codes of a ReLU stage).

    References
    ----------
    Hinton (2002), "Training products of experts by minimizing contrastive divergence". Hinton and
    Salakhutdinov (2006), "Reducing the dimensionality of data with neural networks" (Gaussian
    codes). Nair and Hinton (2010), "Rectified linear units improve restricted Boltzmann machines".
    Salakhutdinov, Mnih and Hinton (2007), "Restricted Boltzmann machines for collaborative
    filtering" (softmax units).
    """

    def __init__(self, codec: DenseCodec) -> None:
        self.codec = codec
        self.hidden_units = HIDDEN[codec.activation.name]
        self.visible_units = tuple(
            VISIBLE[block.kind, block.link] for block in codec.in_space.blocks
        )

    @staticmethod
    def knows(codec: DenseCodec) -> bool:
        """Whether the stage's units are among those above."""
        known = all((block.kind, block.link) in VISIBLE for block in codec.in_space.blocks)
        return known and codec.activation.name in HIDDEN

    def hidden(self, v: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return mean (of rectified units: of the noise-free one) and sample of the hidden units,
        ``(n, d) -> (n, k)`` each."""
        a = self.codec.project(v)
        mean = self.codec.activation(a)
        if self.hidden_units == "binary":
            return mean, bernoulli_of(mean, generator)
        noise = torch.randn(a.shape, generator=generator).to(a)
        if self.hidden_units == "gaussian":
            return mean, mean + noise
        return mean, F.relu(a + noise * torch.sigmoid(a).sqrt())

    def visible(self, h: Tensor) -> Tensor:
        """Return the mean of the visible units, ``(n, k) -> (n, d)``."""
        return self.codec.decode(h).flatten(1)

    def sample_visible(self, mean: Tensor, generator: torch.Generator) -> Tensor:
        """Return a sample of the visible units with this mean, ``(n, d) -> (n, d)``."""
        parts = [
            self._sample(block, part, mean, generator)
            for block, part in self.codec.in_space.slices()
        ]
        return parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)

    def energy(self, v: Tensor, h: Tensor, weight: Tensor | None = None) -> Tensor:
        """Return the mean energy of pairs ``(n, d)``, ``(n, k)``; differentiable in the stage's
        parameters.

        The energy is linear in the weight, so its gradient is a product of the two batches, which
        is all that is computed.
        """
        weight = (
            torch.ones(len(v), dtype=torch.promote_types(v.dtype, torch.float32), device=v.device)
            if weight is None
            else weight
        )
        row = weight / weight.sum()
        codec, scaled = self.codec, self._scaled(v)
        together = (codec.matrix * ((h * row[:, None]).t() @ scaled)).sum()
        own = self._visible_energy(v)
        own = own - h @ codec.bias
        if self.hidden_units == "gaussian":
            own = own + 0.5 * h.square().sum(1)
        return own @ row - together

    def free_energy(self, v: Tensor) -> Tensor:
        """Return ``-log sum_h exp(-E(v, h))`` of each row, up to a constant, ``(n, d) -> (n,)``;
        not for rectified hidden units."""
        a = self.codec.project(v)
        hidden = F.softplus(a) if self.hidden_units == "binary" else 0.5 * a.square()
        return self._visible_energy(v) - hidden.sum(1)

    def _visible_energy(self, v: Tensor) -> Tensor:
        """``-c'v`` for binary and softmax units, ``(v - c)**2 / (2 s**2)`` for real ones;
        ``(n,)``."""
        bias, scale = self.codec.decoder_bias, self.codec.log_scale
        if set(self.visible_units) <= {"binary", "softmax"}:
            return -(v @ bias)
        parts = []
        for units, (_, part) in zip(self.visible_units, self.codec.in_space.slices(), strict=True):
            if units in ("binary", "softmax"):
                parts.append(-(v[:, part] @ bias[part]))
            else:
                away = v[:, part] - bias[part]
                away = away if scale is None else away * torch.exp(-scale[part])
                parts.append(0.5 * away.square().sum(1))
        return torch.stack(parts).sum(0)

    def _scaled(self, v: Tensor) -> Tensor:
        return v if self.codec.log_scale is None else v * torch.exp(-self.codec.log_scale)

    def _sample(
        self, block: Block, part: slice, mean: Tensor, generator: torch.Generator
    ) -> Tensor:
        units = VISIBLE[block.kind, block.link]
        mean = mean[:, part]
        if units == "binary":
            return bernoulli_of(mean, generator)
        if units == "softmax":
            chosen = torch.multinomial(mean.cpu(), 1, generator=generator).to(mean.device)
            return torch.zeros_like(mean).scatter_(1, chosen, 1.0)
        noise = torch.randn(mean.shape, generator=generator).to(mean)
        if units == "rectified":
            return F.relu(mean + noise)
        return mean + (
            noise if self.codec.log_scale is None else noise * torch.exp(self.codec.log_scale[part])
        )
