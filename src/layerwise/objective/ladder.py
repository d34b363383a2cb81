"""The ladder network."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from itertools import pairwise
from typing import ClassVar, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .._checks import check_kind, check_number
from .._contracts import Batch, Codec, LadderLayer
from .._errors import PairingError, ParameterError
from .._random import At
from .._space import Space
from .._spec import register
from ..architecture.initialisers import bare
from .objective import Objective, Terms, weighted_mean
from .supervised import Head, error_rate

EPSILON = 1e-5
PAPER_WEIGHTS = (1000.0, 10.0, 0.1)  # input, first layer, all others


@register
@dataclass(frozen=True, repr=False)
class Ladder(Objective):
    """Cross-entropy of the noisy path on labelled rows + weighted squared errors of a denoising
    decoder at all layers.

    A noisy and a clean pass share the encoder; the decoder goes down from the noisy output and sees
    at each layer, through a lateral connection, the noisy values there; it is trained to give the
    clean ones. The stages are ``Dense`` with batch normalisation; the output layer and the decoder
    are this objective's own. The moments by which a guess is normalised are taken as constants.
    Each step takes a batch of all rows and, beside it, labelled rows; an epoch is one pass over all
    rows.

    Parameters
    ----------
    noise : float, default 0.3
        Standard deviation of the noise at the input and at every normalised layer.
    weights : tuple of float, optional
        Weights of the squared errors at the input, each stage and the output; by default the
        paper's 1000, 10, 0.1, 0.1, ...
    ratio : float, default 1.0
        Rows of all for each labelled one in a step, above 0.

    Raises
    ------
    PairingError
        Without class labels, on stages without batch normalisation, or when trained on codes.

    References
    ----------
    Rasmus, Valpola, Honkala, Berglund and Raiko (2015), "Semi-supervised learning with ladder
    networks".

    Examples
    --------
    >>> from layerwise import Ladder
    >>> Ladder(noise=0.3, weights=(1000, 10, 0.1, 0.1))
    Ladder(weights=(1000, 10, 0.1, 0.1))
    """

    level: ClassVar[str] = "data"
    needs: ClassVar[str] = "both"
    paced_by: ClassVar[str] = "rows"

    _: KW_ONLY
    noise: float = 0.3
    weights: tuple[float, ...] | None = None
    ratio: float = 1.0

    def __post_init__(self) -> None:
        check_number(self, "noise", self.noise, 0.0)
        check_number(self, "ratio", self.ratio, 0.0, open_low=True)
        check_kind(
            self, "weights", self.weights, (tuple, list, type(None)), "a tuple of weights, or None"
        )
        if self.weights is not None:
            object.__setattr__(self, "weights", tuple(self.weights))
            for weight in self.weights:
                check_number(self, "weights", weight, 0.0)

    def check(self, codec: Codec, target: Space | None) -> None:
        if target is None or target.kind != "category":
            what = "there are no labels" if target is None else "the targets are numbers"
            raise PairingError(
                f"{self!r} classifies, and {what}.", "Use it in the plan of PretrainedClassifier."
            )
        if not codec.depth or any(stage.ladder_view() is None for stage in codec.chain):
            raise PairingError(
                f"{self!r} needs dense stages with batch normalisation, all trained at once.",
                "Use Stack(Dense(500, normalisation='batch'), ...) with Joint.",
            )
        self._weights(codec.depth)

    def head_widths(self) -> tuple[int, ...]:
        return ()

    def init(self, codec: Codec, target: Space | None, generator: torch.Generator) -> nn.Module:
        assert target is not None  # check() has refused
        sizes = [
            codec.in_space.size,
            *(stage.code_space.size for stage in codec.chain),
            target.size,
        ]
        return LadderState(sizes, target, generator)

    def predictor(self, state: nn.Module | None) -> nn.Module:
        """Return the output layer, its normalisation folded into a plain head."""
        assert isinstance(state, LadderState)
        return state.folded()

    def loss(
        self, codec: Codec, state: nn.Module | None, batch: Batch, at: At
    ) -> tuple[Tensor, Terms]:
        assert isinstance(state, LadderState) and batch.y is not None and batch.other is not None
        rungs = self._climb(codec, state, batch, batch.other, at.noise)
        losses = F.cross_entropy(state.logits(rungs[-1].labelled), batch.y, reduction="none")
        supervised = weighted_mean(losses, batch.weight)
        denoising = self._descend(codec, state, rungs, batch.other.weight)
        return supervised + denoising, {
            "supervised": supervised.detach(),
            "denoising": denoising.detach(),
        }

    def validation(self, codec: Codec, state: nn.Module | None, batch: Batch, at: At) -> Tensor:
        assert isinstance(state, LadderState) and batch.y is not None
        return error_rate(state.folded()(codec.encode(batch.x).flatten(1)), batch)

    def _weights(self, depth: int) -> tuple[float, ...]:
        if self.weights is None:
            return (*PAPER_WEIGHTS[:2], *(PAPER_WEIGHTS[2] for _ in range(depth)))
        if len(self.weights) != depth + 2:
            raise ParameterError(
                f"{self!r} lists {len(self.weights)} weights; {depth} stages need {depth + 2}.",
                "List input, stages and output.",
            )
        return self.weights

    def _climb(
        self,
        codec: Codec,
        state: LadderState,
        batch: Batch,
        other: Batch,
        generator: torch.Generator,
    ) -> list[Rung]:
        """Take labelled rows with noise, and others with and without, up through one product a
        layer; each is normalised apart."""
        x, others = batch.x.flatten(1), other.x.flatten(1)
        parts = (self._noisy(x, generator), self._noisy(others, generator), others)
        rungs = [Rung(*parts, x.new_zeros(()), x.new_ones(()))]
        views = [floor.ladder_view() for floor in codec.chain]
        layers: list[LadderLayer] = [view for view in views if view is not None]
        tops: list[LadderLayer | LadderState] = [*layers, state]
        for below, layer in zip([None, *layers], tops, strict=True):
            h = torch.cat(parts) if below is None else below.activate(torch.cat(parts))
            labelled, noisy, clean = layer.project(h).split([len(part) for part in parts])
            z, mean, deviation = normalised(clean, other.weight)
            layer.remember(mean, deviation.square() - EPSILON)
            labelled = self._noisy(normalised(labelled, batch.weight)[0], generator)
            noisy = self._noisy(normalised(noisy, other.weight)[0], generator)
            parts = (labelled, noisy, z)
            rungs.append(Rung(*parts, mean, deviation))
        return rungs

    def _descend(
        self, codec: Codec, state: LadderState, rungs: list[Rung], weight: Tensor | None
    ) -> Tensor:
        """Return the weighted squared errors of the guesses of the clean values, from the output
        down."""
        weights = self._weights(codec.depth)
        total = rungs[0].clean.new_zeros(())
        if not any(weights):
            return total
        u = normalised(torch.softmax(state.logits(rungs[-1].noisy), dim=1), weight)[0]
        for level in range(len(rungs) - 1, -1, -1):
            rung = rungs[level]
            guess = state.combine(level, rung.noisy, u)
            if weights[level]:
                total = total + weights[level] * _distance(
                    (guess - rung.mean) / rung.deviation, rung.clean, weight
                )
            if level:
                u = normalised(state.down[level - 1](guess), weight)[0]
        return total

    def _noisy(self, z: Tensor, generator: torch.Generator) -> Tensor:
        return z + torch.randn(z.shape, generator=generator).mul_(self.noise).to(z)


class Rung(NamedTuple):
    """One layer of the ladder: normalised values of labelled rows (noisy) and of others (noisy and
    clean), ``(n, k)``, and the moments ``(k,)`` of the clean ones before."""

    labelled: Tensor
    noisy: Tensor
    clean: Tensor
    mean: Tensor
    deviation: Tensor


def normalised(x: Tensor, weight: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
    """Return ``(x - mean) / deviation`` over the batch ``(n, k)``, and mean and deviation ``(k,)``
    without a gradient; a row of weight 2 counts as two."""
    x = x.float() if x.dtype == torch.bfloat16 else x  # moments of a batch need more digits
    if weight is not None:
        mean = weighted_mean(x, weight)
        deviation = (weighted_mean((x - mean).square(), weight) + EPSILON).sqrt()
        return (x - mean) / deviation, mean.detach(), deviation.detach()
    z, mean, inverse = torch.native_batch_norm(x, None, None, None, None, True, 0.0, EPSILON)
    return z, mean.detach(), 1.0 / inverse.detach()


def _distance(guess: Tensor, clean: Tensor, weight: Tensor | None) -> Tensor:
    if weight is None:
        return F.mse_loss(guess, clean)
    return weighted_mean((guess - clean).square().mean(1), weight)


class LadderState(nn.Module):
    """Output layer and lateral decoder."""

    mean: Tensor
    variance: Tensor

    def __init__(self, sizes: list[int], target: Space, generator: torch.Generator) -> None:
        super().__init__()
        self.target = target
        self.output = _linear(sizes[-2], sizes[-1], generator)
        self.scale = nn.Parameter(torch.ones(sizes[-1]))
        self.shift = nn.Parameter(torch.zeros(sizes[-1]))
        self.register_buffer("mean", torch.zeros(sizes[-1]))
        self.register_buffer("variance", torch.ones(sizes[-1]))
        self.down = nn.ModuleList(
            _linear(above, below, generator) for below, above in pairwise(sizes)
        )
        # mu(u) = a0 sigmoid(a1 u + a2) + a3 u + a4, v(u) = a5 sigmoid(a6 u + a7) + a8 u + a9: the
        # paper's start
        start = torch.tensor([0.0, 1, 0, 0, 0, 0, 1, 0, 0, 0])
        self.lateral = nn.ParameterList(
            nn.Parameter(start[:, None].repeat(1, size)) for size in sizes
        )

    def project(self, h: Tensor) -> Tensor:
        """``(n, k) -> (n, classes)``: the affine map alone."""
        return self.output(h)

    def logits(self, z: Tensor) -> Tensor:
        """``(n, classes) -> (n, classes)`` from normalised values."""
        return z * self.scale + self.shift

    def remember(self, mean: Tensor, variance: Tensor) -> None:
        """Take the moments of a batch into those of evaluation."""
        with torch.no_grad():
            self.mean.lerp_(mean, 0.1)
            self.variance.lerp_(variance, 0.1)

    def combine(self, level: int, z: Tensor, u: Tensor) -> Tensor:
        """Return the guess of the clean values from the noisy ones and what comes from above: ``(z
        - mu(u)) v(u) + mu(u)``."""
        a = self.lateral[level]
        mu = a[0] * torch.sigmoid(a[1] * u + a[2]) + a[3] * u + a[4]
        v = a[5] * torch.sigmoid(a[6] * u + a[7]) + a[8] * u + a[9]
        return (z - mu) * v + mu

    def folded(self) -> Head:
        """Return a plain head that answers as the output layer does in evaluation mode."""
        head = Head(self.output.in_features, (), self.target, torch.Generator())
        head = head.to(self.scale.device)
        factor = self.scale / (self.variance + EPSILON).sqrt()
        with torch.no_grad():
            head.layers[0].weight.copy_(self.output.weight * factor[:, None])  # type: ignore[operator]
            head.layers[0].bias.copy_(self.shift + (self.output.bias - self.mean) * factor)  # type: ignore[operator]
        return head.eval()


def _linear(inputs: int, outputs: int, generator: torch.Generator) -> nn.Linear:
    layer = bare(nn.Linear, inputs, outputs)
    nn.init.normal_(layer.weight, 0.0, inputs**-0.5, generator=generator)
    nn.init.zeros_(layer.bias)
    return layer
