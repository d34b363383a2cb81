"""What the network is sure of in a weak view, it must say of a strong one."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..._checks import check_kind, check_number
from ..._contracts import Batch, Codec
from ..._random import At
from ..._space import Space
from ..._spec import register
from ...augmentation import Augmentation, Suited
from ..objective import Terms, weighted_mean
from .consistency import Consistency, head_of, still_statistics, view


@register
@dataclass(frozen=True, repr=False)
class FixMatch(Consistency):
    """The class of a row's weak view, where its probability is at least ``threshold``, is the
    target of its strong view; gradients flow through the strong view alone. The weak views are a
    pass of their own without gradients, a third of the time of one with them; labelled rows and
    strong views share theirs.

    The history has ``sure``, the share of rows above the threshold: near 0 the rows without labels
    teach nothing, near 1 from the start they teach whatever the network guessed first.

    Parameters
    ----------
    supervised, weight
        As in ``Consistency``.
    weak : Augmentation, default Suited("weak")
        Of the rows that are guessed. The less it changes the better the guesses.
    strong : Augmentation, default Suited("strong")
    threshold : float, default 0.95
        In [0, 1]. What the label smoothing of ``supervised`` takes from a probability is given back
        first, as in ``PseudoLabels``; strong views are smoothed alike.
    ratio : float, default 7.0

    Raises
    ------
    PairingError
        Without class labels, or where an augmentation does not go with the rows.

    References
    ----------
    Sohn et al. (2020), "FixMatch: simplifying semi-supervised learning with consistency and
    confidence" (SGD with Nesterov momentum, rate 0.03, moving average of the weights of 0.999).

    Examples
    --------
    >>> from layerwise import Affine, FixMatch, Supervised
    >>> FixMatch(Supervised(augment=Affine()), threshold=0.9)
    FixMatch(Supervised(augment=Affine()), threshold=0.9)
    """

    _: KW_ONLY
    weak: Augmentation = Suited("weak")
    strong: Augmentation = Suited("strong")
    threshold: float = 0.95
    ratio: float = 7.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_kind(self, "weak", self.weak, Augmentation, "an augmentation such as Shift()")
        check_kind(self, "strong", self.strong, Augmentation, "an augmentation such as Crop()")
        check_number(self, "threshold", self.threshold, 0.0, 1.0)

    def augmentations(self, space: Space) -> tuple[Augmentation, ...]:
        return self.weak, self.strong

    def parts(self, x: Tensor, space: Space, at: At) -> tuple[Tensor, ...]:
        return (view(self.strong, x, space, at, "strong"),)

    def unlabelled(
        self, codec: Codec, state: nn.Module | None, rows: Batch, outputs: list[Tensor], at: At
    ) -> tuple[Tensor, Terms]:
        with torch.no_grad(), still_statistics(codec):
            rows_seen = view(self.weak, rows.x, codec.in_space, at, "weak")
            answer = self.supervised.outputs(codec, head_of(state), rows_seen, at).float()
            probability, label = torch.softmax(answer, dim=1).max(dim=1)
        smoothing = self.supervised.label_smoothing
        taught = (probability - smoothing / answer.shape[1]) / (1.0 - smoothing)
        sure = (taught >= self.threshold).float()
        losses = sure * F.cross_entropy(
            outputs[0], label, reduction="none", label_smoothing=smoothing
        )
        return weighted_mean(losses, rows.weight), {"sure": weighted_mean(sure, rows.weight)}
