"""Contrast with the other rows of the batch."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..._checks import check_number
from ..._spec import register
from ..objective import weighted_mean
from .two_views import TwoViews


@register
@dataclass(frozen=True, repr=False)
class SimCLR(TwoViews):
    """The two views of a row are alike, all others in the batch are not.

    ``-log(exp(s_ij / T) / sum_{k != i} exp(s_ik / T))``, the mean over all ``2n`` views i with
    their partners j, where s is the cosine of two embeddings. Larger batches hold more negatives.

    Parameters
    ----------
    augment, projector
        As in ``TwoViews``.
    temperature : float, default 0.5
        Above 0; the paper has 0.5 on CIFAR-10 and 0.1 on ImageNet.

    Raises
    ------
    PairingError
        When it is trained on codes instead of data, or the augmentation does not go with the rows.

    References
    ----------
    Chen, Kornblith, Norouzi and Hinton (2020), "A simple framework for contrastive learning of
    visual representations".

    Examples
    --------
    >>> from layerwise import Affine, SimCLR
    >>> SimCLR(Affine(rotate=15), temperature=0.2)
    SimCLR(Affine(15), temperature=0.2)
    """

    _: KW_ONLY
    temperature: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number(self, "temperature", self.temperature, 0.0, open_low=True)

    def compare(self, a: Tensor, b: Tensor, weight: Tensor | None = None) -> Tensor:
        return nt_xent(a, b, self.temperature, weight)


def nt_xent(a: Tensor, b: Tensor, temperature: float, weight: Tensor | None = None) -> Tensor:
    """Return the normalised, temperature-scaled cross-entropy of embeddings ``(n, k)``."""
    n = len(a)
    z = F.normalize(torch.cat([a, b]), dim=1)
    scores = (z @ z.T / temperature).fill_diagonal_(-torch.inf)
    partner = torch.arange(2 * n, device=z.device).roll(n)
    losses = F.cross_entropy(scores, partner, reduction="none")
    return weighted_mean(losses.view(2, n).mean(0), weight)
