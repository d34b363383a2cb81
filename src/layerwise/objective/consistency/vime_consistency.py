"""Several corrupted copies of a row have the same answer."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import torch
from torch import Tensor, nn

from ..._checks import check_int, check_kind
from ..._contracts import Batch, Codec
from ..._random import At
from ..._space import Space
from ..._spec import register
from ...augmentation import Augmentation, Swap
from ..objective import Terms, weighted_mean
from .consistency import Consistency, view


@register
@dataclass(frozen=True, repr=False)
class VIMEConsistency(Consistency):
    """The variance of the outputs over several corrupted copies of a row, mean over outputs: the
    second phase of VIME, after ``VIME``.

    Parameters
    ----------
    supervised, weight, ratio
        As in ``Consistency``.
    corruption : Augmentation, default Swap(0.3)
    copies : int, default 3
        At least 2.

    Raises
    ------
    PairingError
        Without class labels.

    References
    ----------
    Yoon, Zhang, Jordon and van der Schaar (2020), "VIME: extending the success of self- and
    semi-supervised learning to tabular domain".

    Examples
    --------
    >>> from layerwise import VIMEConsistency
    >>> VIMEConsistency(copies=4)
    VIMEConsistency(copies=4)
    """

    _: KW_ONLY
    corruption: Augmentation = Swap(0.3)
    copies: int = 3
    ratio: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_kind(
            self, "corruption", self.corruption, Augmentation, "a corruption such as Swap(0.3)"
        )
        check_int(self, "copies", self.copies, 2)

    def augmentations(self, space: Space) -> tuple[Augmentation, ...]:
        return (self.corruption,)

    def parts(self, x: Tensor, space: Space, at: At) -> tuple[Tensor, ...]:
        return tuple(view(self.corruption, x, space, at, str(i)) for i in range(self.copies))

    def unlabelled(
        self, codec: Codec, state: nn.Module | None, rows: Batch, outputs: list[Tensor], at: At
    ) -> tuple[Tensor, Terms]:
        variance = torch.stack(outputs).var(0, correction=0).mean(1)
        return weighted_mean(variance, rows.weight), {}
