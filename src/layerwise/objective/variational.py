"""The evidence lower bound of a variational autoencoder."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .._checks import check_number
from .._contracts import Batch, Codec, LatentFloor
from .._errors import PairingError
from .._random import At
from .._space import Space
from .._spec import register
from .objective import Objective, Terms, weighted_mean
from .reconstruction import check_decodable, element_features, element_losses, seen

_LOG_2PI = math.log(2 * math.pi)
_NORMAL = ("real", "nonneg")
KEPT = 0.95  # of the moving average, at each step
LEAST = 1e-3  # of a deviation, in units of the scaled data: a constant column has none


@register
@dataclass(frozen=True, repr=False)
class Variational(Objective):
    """``(weight * KL(q(z|x) || N(0, I)) - E[log p(x|z)]) / elements``, with one draw of z a row.

    Values in [0, 1] are Bernoulli, a category is categorical, real values are normal around what is
    decoded, all with the standard deviation that is likeliest for the batch; in nats. Missing cells
    are left out. The history has ``kl`` and ``nats`` (minus the log likelihood) of a row. The
    stage keeps a moving average of the deviation, for rows that are drawn.

    Parameters
    ----------
    weight : float, default 1.0
        Of the divergence, at least 0; 1 is the lower bound of the evidence.

    Raises
    ------
    PairingError
        When the topmost stage is no ``Latent``, or a stage has no way back.

    References
    ----------
    Kingma and Welling (2014), "Auto-encoding variational Bayes". Higgins et al. (2017),
    "beta-VAE" (the weight). Rybkin, Daniilidis and Levine (2021), "Simple and effective VAE
    training with calibrated decoders" (the deviation).

    Examples
    --------
    >>> from layerwise import Variational
    >>> Variational(weight=0.5)
    Variational(0.5)
    """

    weight: float = 1.0

    def __post_init__(self) -> None:
        check_number(self, "weight", self.weight, 0.0)

    @property
    def trains_decoder(self) -> bool:
        return True

    def check(self, codec: Codec, target: Space | None) -> None:
        check_decodable(self, codec, "auto")
        latent_of(self, codec)
        if codec.in_space.holds("token"):
            raise PairingError(
                f"{self!r} is for numbers and categories; the input holds tokens.",
                "Use MaskedTokens.",
            )

    def loss(
        self, codec: Codec, state: nn.Module | None, batch: Batch, at: At
    ) -> tuple[Tensor, Terms]:
        latent = latent_of(self, codec)
        x, traces = batch.x, []
        for stage in codec.chain[:-1]:
            x, trace = stage.encode_traced(x, at)
            traces.append(trace)
        mean, spread = latent.posterior(x)
        own = torch.randn(mean.shape, generator=at.noise).to(mean)
        z = mean + own * torch.exp(0.5 * spread)
        params = codec.descend(z, [*traces, None])
        kl = 0.5 * (mean.square() + spread.exp() - 1.0 - spread).sum(1)
        nats, log_noise = nats_of(params, batch.x, codec, batch.observed)
        if codec.training and log_noise is not None:
            share = KEPT if at.epoch or at.step else 0.0  # the first batch says all that is known
            latent.log_noise.lerp_(log_noise.detach(), 1.0 - share)
        elements = len(element_features(codec.in_space))
        loss = weighted_mean(self.weight * kl + nats, batch.weight) / elements
        terms = {"kl": weighted_mean(kl, batch.weight), "nats": weighted_mean(nats, batch.weight)}
        return loss, {name: value.detach() for name, value in terms.items()}


def latent_of(objective: Objective, codec: Codec) -> LatentFloor:
    """Return the topmost stage, whose codes are distributions.

    Raises
    ------
    PairingError
        When they are not.
    """
    view = codec.chain[-1].latent_view() if codec.depth else None
    if view is None:
        raise PairingError(
            f"{objective!r} needs codes that are distributions, and the topmost stage of the "
            f"phase is {getattr(codec.chain[-1], 'stage', None)!r}.",
            "Put Latent(k) on top of the stack, and train all stages at once (Joint).",
        )
    return view


def nats_of(
    params: Tensor, x: Tensor, codec: Codec, observed: Tensor | None = None
) -> tuple[Tensor, Tensor | None]:
    """Return minus the log likelihood of each row by a decoder's raw outputs, ``(n,)``, and the
    logarithm of the deviation of real values around them, None where there are none.

    The deviation is the likeliest for these rows: the root of the mean square.
    """
    losses = element_losses(params, x, codec, "auto")
    real = torch.cat(
        [
            torch.full((1 if block.kind == "category" else block.size,), block.kind in _NORMAL)
            for block, _ in codec.in_space.slices()
        ]
    ).to(losses.device)
    known = seen(x, codec.in_space, observed)
    there = torch.ones_like(losses)
    if known is not None:
        there = known[:, element_features(codec.in_space).to(losses.device)].to(losses)
    if not bool(real.any()):
        return (losses * there).sum(1), None
    weight = there * real
    square = (losses * weight).sum() / weight.sum().clamp_min(1.0)
    log_noise = 0.5 * square.clamp_min(LEAST**2).log()
    normal = 0.5 * losses * torch.exp(-2 * log_noise) + log_noise + 0.5 * _LOG_2PI
    return (torch.where(real, normal, losses) * there).sum(1), log_noise
