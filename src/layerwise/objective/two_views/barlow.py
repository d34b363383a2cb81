"""Features that agree between views and repeat nothing of one another."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from torch import Tensor

from ..._checks import check_number
from ..._spec import register
from ..statistics import centred, covariance, off_diagonal
from .two_views import TwoViews


@register
@dataclass(frozen=True, repr=False)
class BarlowTwins(TwoViews):
    """``sum_i (1 - C_ii)**2 + weight * sum_{i != j} C_ij**2``, with C the correlations over the
    batch between the features of one view and those of the other.

    Parameters
    ----------
    augment, projector
        As in ``TwoViews``.
    weight : float, default 0.005
        Of the redundancy between features, at least 0.

    Raises
    ------
    PairingError
        As ``SimCLR``.

    References
    ----------
    Zbontar, Jing, Misra, LeCun and Deny (2021), "Barlow twins: self-supervised learning via
    redundancy reduction".

    Examples
    --------
    >>> from layerwise import BarlowTwins
    >>> BarlowTwins(weight=0.01)
    BarlowTwins(weight=0.01)
    """

    _: KW_ONLY
    weight: float = 0.005

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number(self, "weight", self.weight, 0.0)

    def compare(self, a: Tensor, b: Tensor, weight: Tensor | None = None) -> Tensor:
        one, other = (standardised(z, weight) for z in (a, b))
        correlation = covariance(one, other, weight)
        agree = (1.0 - correlation.diagonal()).square().sum()
        return agree + self.weight * off_diagonal(correlation).square().sum()


def standardised(z: Tensor, weight: Tensor | None) -> Tensor:
    """Return embeddings ``(n, k)`` whose features have mean 0 and variance 1 over the batch."""
    z = centred(z, weight)
    deviation = covariance(z, z, weight).diagonal().clamp_min(1e-10).sqrt()
    return z / deviation
