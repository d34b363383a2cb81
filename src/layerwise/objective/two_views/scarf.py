"""Rows of a table against the same rows with columns from elsewhere."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from torch import Tensor

from ..._checks import check_number
from ..._random import At
from ..._space import Space
from ..._spec import register
from ...augmentation import Augmentation, Resample, view_of
from .moco import info_nce
from .two_views import TwoViews


@register
@dataclass(frozen=True, repr=False)
class SCARF(TwoViews):
    """A row and its corrupted copy are alike, other rows' corrupted copies are not.

    In the copy a random share of the columns is replaced by values of other rows, each column's
    from a row of its own: a draw from the column's marginal.

    Parameters
    ----------
    augment : Augmentation, default Resample(0.6)
        Makes the corrupted copy; the other view is the row itself.
    projector
        As in ``TwoViews``.
    temperature : float, default 1.0
        Above 0.

    Raises
    ------
    PairingError
        As ``SimCLR``.

    References
    ----------
    Bahri, Jiang, Tay and Metzler (2022), "SCARF: self-supervised contrastive learning using random
    feature corruption" (4 layers of 256 ReLU units, Adam with 0.001, batches of 128).

    Examples
    --------
    >>> from layerwise import Resample, SCARF
    >>> SCARF(Resample(0.4))
    SCARF(Resample(0.4))
    """

    augment: Augmentation = Resample(0.6)
    _: KW_ONLY
    temperature: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number(self, "temperature", self.temperature, 0.0, open_low=True)

    def views(self, x: Tensor, space: Space, at: At) -> tuple[Tensor, Tensor]:
        (augment,) = self.augmentations(space)
        return x, view_of(augment, x, space, at.stream("view", 1))

    def compare(self, a: Tensor, b: Tensor, weight: Tensor | None = None) -> Tensor:
        return info_nce(a, b, self.temperature, weight)
