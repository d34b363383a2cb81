"""Contrastive divergence."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .._checks import check_bool, check_int
from .._contracts import Batch, Codec, EnergyCodec
from .._errors import PairingError
from .._random import At
from .._space import Space
from .._spec import register
from .objective import Objective, Terms
from .reconstruction import mean_loss

MONITORED_ROWS = 32  # a batch's rows whose pseudo-likelihood is estimated: it costs two passes


@register
@dataclass(frozen=True, repr=False)
class ContrastiveDivergence(Objective):
    """``mean E(v0, h0) - mean E(vk, hk)``: CD-k, and with ``persistent`` PCD-k.

    A tied stage is trained as a restricted Boltzmann machine. All samples are detached, so the
    gradient is minus the statistic ``<v h>_data - <v h>_k``, averaged over rows. The hidden units
    drive the chain by samples; their probabilities stand in the statistics, so that for binary
    units the gradient is that of ``F(v0) - F(vk)`` as well. Missing cells take the value that the
    preprocessing gives them.

    The history has ``reconstruction``, the squared error of the first step's mean, and
    ``pseudo_likelihood`` (binary units; mean log-likelihood of a row, estimated from one flipped
    unit each of some rows). Validation is the reconstruction error.

    Parameters
    ----------
    k : int, default 1
        Gibbs steps, at least 1.
    persistent : bool, default False
        Whether the chains go on from the step before instead of starting at the data.
    chains : int, default 100
        Number of persistent chains.
    sample_visible : bool, optional
        Whether visible units are sampled, or take their means; by default they are sampled in
        persistent chains alone.

    Raises
    ------
    PairingError
        When a phase trains several stages at once, or a stage that is no restricted Boltzmann
        machine.

    References
    ----------
    Hinton (2002), "Training products of experts by minimizing contrastive divergence". Tieleman
    (2008), "Training restricted Boltzmann machines using approximations to the likelihood gradient"
    (persistent chains). Hinton (2010), "A practical guide to training restricted Boltzmann
    machines" (probabilities or samples).

    Examples
    --------
    >>> from layerwise import ContrastiveDivergence
    >>> ContrastiveDivergence(5, persistent=True)
    ContrastiveDivergence(5, persistent=True)
    """

    k: int = 1
    _: KW_ONLY
    persistent: bool = False
    chains: int = 100
    sample_visible: bool | None = None

    def __post_init__(self) -> None:
        check_int(self, "k", self.k, 1)
        check_bool(self, "persistent", self.persistent)
        check_int(self, "chains", self.chains, 1)
        if self.sample_visible is not None:
            check_bool(self, "sample_visible", self.sample_visible)

    @property
    def trains_decoder(self) -> bool:
        return True  # a tied stage: its weights are the decoder's too

    def check(self, codec: Codec, target: Space | None) -> None:
        if codec.depth != 1:
            raise PairingError(
                f"{self!r} trains one stage at a time; this phase has {codec.depth}.",
                "Use Greedy, or another objective for Joint and Progressive.",
            )
        if codec.chain[0].energy_view() is None:
            raise PairingError(
                f"{self!r} needs a restricted Boltzmann machine: a tied Dense stage with sigmoid, "
                "linear or ReLU units, without "
                "normalisation and dropout, on values in [0, 1], real values, categories or ReLU "
                "codes. This stage is "
                f"{getattr(codec.chain[0], 'stage', codec.chain[0])!r} on "
                f"{codec.in_space.kind!r} values.",
                "Use Dense(units, activation='sigmoid', tied=True), or the objective "
                "Reconstruction or Denoising.",
            )

    def init(
        self, codec: Codec, target: Space | None, generator: torch.Generator
    ) -> nn.Module | None:
        return Chains(self.chains, codec.code_space.size, generator) if self.persistent else None

    def loss(
        self, codec: Codec, state: nn.Module | None, batch: Batch, at: At
    ) -> tuple[Tensor, Terms]:
        rbm = codec.chain[0].energy_view()
        assert rbm is not None  # check() has refused
        v0 = batch.x.flatten(1)  # (n, d)
        with torch.no_grad():
            h0, sample = rbm.hidden(v0, at.noise)
            mean = rbm.visible(sample)
            terms = {"reconstruction": F.mse_loss(mean, v0)}
            if isinstance(state, Chains):
                sample, mean = state.hidden, rbm.visible(state.hidden)
            vk, hk, sample = self._walk(rbm, mean, sample, at.noise)
            if isinstance(state, Chains):
                state.hidden.copy_(sample)
            if rbm.hidden_units == "binary" and set(rbm.visible_units) == {"binary"}:
                terms["pseudo_likelihood"] = pseudo_likelihood(
                    rbm, v0[:MONITORED_ROWS], at.noise
                ).mean()
        weight = (
            None if isinstance(state, Chains) else batch.weight
        )  # a row's own chain weighs as the row does
        return rbm.energy(v0, h0, batch.weight) - rbm.energy(vk, hk, weight), terms

    def validation(self, codec: Codec, state: nn.Module | None, batch: Batch, at: At) -> Tensor:
        params = codec.reconstruct_params(batch.x)
        return mean_loss(
            params, batch.x, codec, "auto", observed=batch.observed, weight=batch.weight
        )

    def _walk(
        self, rbm: EnergyCodec, mean: Tensor, sample: Tensor, generator: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return visible units, the hidden units' means and their samples after k steps; ``mean``
        is that of the first step."""
        sampled = self.persistent if self.sample_visible is None else self.sample_visible
        for step in range(self.k):
            mean = mean if step == 0 else rbm.visible(sample)
            v = rbm.sample_visible(mean, generator) if sampled else mean
            h, sample = rbm.hidden(v, generator)
        return v, h, sample


class Chains(nn.Module):
    """Hidden units of persistent chains, ``(chains, k)``."""

    hidden: Tensor

    def __init__(self, chains: int, k: int, generator: torch.Generator) -> None:
        super().__init__()
        self.register_buffer("hidden", torch.rand(chains, k, generator=generator).round())


def pseudo_likelihood(rbm: EnergyCodec, v: Tensor, generator: torch.Generator) -> Tensor:
    """Return ``d * log P(v_i | the others)`` for one random unit i of each row, ``(n, d) -> (n,)``;
    for binary units.

    Its mean over i is the logarithm of the pseudo-likelihood (Besag 1975).
    """
    d = v.shape[1]
    unit = torch.randint(d, (len(v), 1), generator=generator).to(v.device)
    flipped = v.scatter(1, unit, 1.0 - v.gather(1, unit))
    return d * F.logsigmoid(rbm.free_energy(flipped) - rbm.free_energy(v))
