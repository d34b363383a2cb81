"""Sparse codes."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import torch
from torch import Tensor, nn

from .._checks import check_name, check_number
from .._contracts import Batch, Codec
from .._errors import PairingError
from .._random import At
from .._space import Space
from .._spec import register
from .objective import Terms, weighted_mean
from .wrapper import Wrapper

PENALTIES = ("kl", "l1")


@register
@dataclass(frozen=True, repr=False)
class Sparse(Wrapper):
    """``objective + weight * penalty(codes of the clean rows)``.

    Parameters
    ----------
    objective : Objective, default Reconstruction()
        One that learns from rows without labels.
    penalty : {'kl', 'l1'}, default 'kl'
        'kl': divergence of each unit's mean activation over the batch from the target, averaged
        over units, for codes in [0, 1]; 'l1': the mean absolute value of the codes.
    target : float, default 0.05
        Mean activation that 'kl' pulls to, in (0, 1); 'l1' pulls to 0.
    weight : float, default 0.1
        At least 0.

    Raises
    ------
    PairingError
        For 'kl' on codes outside [0, 1].

    References
    ----------
    Lee, Ekanadham and Ng (2008), "Sparse deep belief net model for visual area V2"; Ng (2011),
    "Sparse autoencoder" (the divergence); Hinton (2010), "A practical guide to training restricted
    Boltzmann machines" (sparsity targets).

    Examples
    --------
    >>> from layerwise import Reconstruction, Sparse
    >>> Sparse(Reconstruction(), penalty="l1", weight=0.01)
    Sparse(penalty='l1', weight=0.01)
    """

    _: KW_ONLY
    penalty: str = "kl"
    target: float = 0.05
    weight: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_name(self, "penalty", self.penalty, PENALTIES)
        check_number(self, "target", self.target, 1e-6, 1 - 1e-6)
        check_number(self, "weight", self.weight, 0.0)

    def check(self, codec: Codec, target: Space | None) -> None:
        super().check(codec, target)
        if self.penalty == "kl" and codec.code_space.kind != "unit":
            raise PairingError(
                f"{self!r} compares mean activations in [0, 1]; the codes are "
                f"{codec.code_space.kind!r}.",
                "Use sigmoid units, or penalty='l1'.",
            )

    def loss(
        self, codec: Codec, state: nn.Module | None, batch: Batch, at: At
    ) -> tuple[Tensor, Terms]:
        loss, terms = self.objective.loss(codec, state, batch, at)
        code = codec.encode(batch.x, at).flatten(1)
        activation = weighted_mean(
            code.abs() if self.penalty == "l1" else code, batch.weight
        )  # (k,)
        penalty = activation.mean() if self.penalty == "l1" else self._divergence(activation)
        return loss + self.weight * penalty, terms | {"sparsity": penalty.detach()}

    def _divergence(self, activation: Tensor) -> Tensor:
        p, q = self.target, activation.clamp(1e-6, 1 - 1e-6)
        return (torch.log(p / q) * p + torch.log((1 - p) / (1 - q)) * (1 - p)).mean()
