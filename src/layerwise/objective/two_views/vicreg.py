"""Variance, invariance, covariance."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import torch
from torch import Tensor

from ..._checks import check_number
from ..._spec import register
from ..objective import weighted_mean
from ..statistics import centred, covariance, off_diagonal, variance
from .two_views import TwoViews


@register
@dataclass(frozen=True, repr=False)
class VICReg(TwoViews):
    """``invariance * MSE(z_1, z_2) + variance * mean relu(1 - std) + covariance * sum_{i != j}
    cov_ij**2 / k``, the last two for each view.

    There are no negatives: what keeps the embeddings apart is that every feature must vary over the
    batch. The variance term is the mean of the two views', the covariance term their sum, as in the
    authors' code.

    Parameters
    ----------
    augment, projector
        As in ``TwoViews``.
    invariance, variance, covariance : float, default 25, 25, 1
        At least 0.

    Raises
    ------
    PairingError
        As ``SimCLR``.

    References
    ----------
    Bardes, Ponce and LeCun (2022), "VICReg: variance-invariance-covariance regularization for
    self-supervised learning".

    Examples
    --------
    >>> from layerwise import VICReg
    >>> VICReg(projector=(256, 256))
    VICReg(projector=(256, 256))
    """

    _: KW_ONLY
    invariance: float = 25.0
    variance: float = 25.0
    covariance: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("invariance", "variance", "covariance"):
            check_number(self, name, getattr(self, name), 0.0)

    def compare(self, a: Tensor, b: Tensor, weight: Tensor | None = None) -> Tensor:
        alike = weighted_mean((a - b).square().mean(1), weight)
        n, k = a.shape
        apart = alike.new_zeros(())
        other = alike.new_zeros(())
        for z in (centred(a, weight), centred(b, weight)):
            deviation = (variance(z, weight) + 1e-4).sqrt()
            apart = apart + torch.relu(1.0 - deviation).mean() / 2
            matrix = covariance(z, z, weight) * (n / max(1, n - 1))
            other = other + off_diagonal(matrix).square().sum() / k
        return self.invariance * alike + self.variance * apart + self.covariance * other
