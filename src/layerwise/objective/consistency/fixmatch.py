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
from .consistency import view
from .taught import Taught


@register
@dataclass(frozen=True, repr=False)
class FixMatch(Taught):
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
    momentum : float, default 0.0
        Of a moving average of the network that guesses, and predicts afterwards, in [0, 1]; after t
        steps at most ``t / (t + 10)``. 0 lets the network guess itself, as in the paper. An average
        guesses better: 1,000 steps did what 2,000 without it do (``docs/choosing.md``).
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
    momentum: float = 0.0
    ratio: float = 7.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_kind(self, "weak", self.weak, Augmentation, "an augmentation such as Shift()")
        check_kind(self, "strong", self.strong, Augmentation, "an augmentation such as Crop()")
        check_number(self, "threshold", self.threshold, 0.0, 1.0)
        check_number(self, "momentum", self.momentum, 0.0, 1.0)

    @property
    def has_teacher(self) -> bool:
        return self.momentum > 0.0

    def momentum_at(self, share: float) -> float:
        return self.momentum

    def augmentations(self, space: Space) -> tuple[Augmentation, ...]:
        return self.weak, self.strong

    def parts(self, x: Tensor, space: Space, at: At) -> tuple[Tensor, ...]:
        return (view(self.strong, x, space, at, "strong"),)

    def unlabelled(
        self, codec: Codec, state: nn.Module | None, rows: Batch, outputs: list[Tensor], at: At
    ) -> tuple[Tensor, Terms]:
        rows_seen = view(self.weak, rows.x, codec.in_space, at, "weak")
        answer = self.answer(codec, state, rows_seen, at)
        probability, label = torch.softmax(answer, dim=1).max(dim=1)
        smoothing = self.supervised.label_smoothing
        taught = (probability - smoothing / answer.shape[1]) / (1.0 - smoothing)
        sure = (taught >= self.threshold).float()
        losses = sure * F.cross_entropy(
            outputs[0], label, reduction="none", label_smoothing=smoothing
        )
        return weighted_mean(losses, rows.weight), {"sure": weighted_mean(sure, rows.weight)}
