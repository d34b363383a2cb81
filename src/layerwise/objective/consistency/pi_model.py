"""Two views of a row have the same answer."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import torch
from torch import Tensor, nn

from ..._checks import check_kind
from ..._contracts import Batch, Codec
from ..._random import At
from ..._space import Space
from ..._spec import register
from ...augmentation import Augmentation
from ..objective import Terms, weighted_mean
from .consistency import Consistency, ramp, view, weak_of


@register
@dataclass(frozen=True, repr=False)
class PiModel(Consistency):
    """``|softmax(view_1) - softmax(view_2)|**2``, whose weight rises over the first 30 % of the
    phase as ``exp(-5 (1 - t)**2)``.

    Parameters
    ----------
    supervised, ratio
        As in ``Consistency``.
    augment : Augmentation, optional
        Makes both views; by default that of ``supervised``, else what suits the data.
    weight : float, default 10.0

    Raises
    ------
    PairingError
        Without class labels, or where the augmentation does not go with the rows.

    References
    ----------
    Laine and Aila (2017), "Temporal ensembling for semi-supervised learning"; Sajjadi, Javanmardi
    and Tasdizen (2016), "Regularization with stochastic transformations and perturbations for deep
    semi-supervised learning".

    Examples
    --------
    >>> from layerwise import PiModel
    >>> PiModel(weight=5.0)
    PiModel(weight=5.0)
    """

    _: KW_ONLY
    augment: Augmentation | None = None
    weight: float = 10.0

    def __post_init__(self) -> None:
        super().__post_init__()
        kinds = (Augmentation, type(None))
        check_kind(self, "augment", self.augment, kinds, "an augmentation, or None")

    def augmentations(self, space: Space) -> tuple[Augmentation, ...]:
        return (weak_of(self.augment, self.supervised),)

    def parts(self, x: Tensor, space: Space, at: At) -> tuple[Tensor, ...]:
        (augment,) = self.augmentations(space)
        return tuple(view(augment, x, space, at, name) for name in ("first", "second"))

    def unlabelled(
        self, codec: Codec, state: nn.Module | None, rows: Batch, outputs: list[Tensor], at: At
    ) -> tuple[Tensor, Terms]:
        first, second = (torch.softmax(one, dim=1) for one in outputs)
        apart = weighted_mean((first - second).square().sum(1), rows.weight)
        return ramp(at.share) * apart, {}
