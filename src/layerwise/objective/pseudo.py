"""Self-training: labels that a model gives to rows that have none."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import KW_ONLY, dataclass, replace
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .._checks import check_kind, check_number
from .._contracts import Batch, Codec
from .._errors import PairingError
from .._random import At
from .._space import Space
from .._spec import register
from ..augmentation import Augmentation
from .collapse import guessed
from .objective import Objective, Terms
from .supervised import Head, Supervised


@register
@dataclass(frozen=True, repr=False)
class PseudoLabels(Objective):
    """``supervised(labelled rows) + weight * supervised(all rows of which the teacher is sure, with
    its labels)``.

    The teacher is the network as it stood when the phase began, without noise: each step of a plan
    is one round of self-training. It comes after a supervised step with an equal head. An epoch is
    one pass over all rows; labelled ones are drawn beside them.

    Parameters
    ----------
    supervised : Supervised, default Supervised()
    threshold : float, default 0.95
        Smallest probability of the teacher's class at which a row is used, in [0, 1]. What label
        smoothing took from it is given back first: a teacher that was taught at most ``1 - s + s /
        classes`` is sure at that.
    weight : float, default 1.0
        At least 0.
    ratio : float, default 4.0
        Rows of all for each labelled one in a step, above 0.

    Raises
    ------
    PairingError
        Without class labels.

    References
    ----------
    Lee (2013), "Pseudo-label: the simple and efficient semi-supervised learning method for deep
    neural networks"; Scudder (1965), "Probability of error of some adaptive pattern-recognition
    machines" (self-training).

    Examples
    --------
    >>> from layerwise import HeadOnly, Joint, PseudoLabels, Supervised
    >>> rounds = [(PseudoLabels(), Joint(5)), (PseudoLabels(), Joint(5))]
    >>> plan = [(Supervised(), HeadOnly(5)), (Supervised(), Joint(25)), *rounds]
    """

    needs: ClassVar[str] = "both"
    paced_by: ClassVar[str] = "rows"

    supervised: Supervised = Supervised()
    _: KW_ONLY
    threshold: float = 0.95
    weight: float = 1.0
    ratio: float = 4.0

    def __post_init__(self) -> None:
        check_kind(self, "supervised", self.supervised, Supervised, "Supervised(...)")
        check_number(self, "threshold", self.threshold, 0.0, 1.0)
        check_number(self, "weight", self.weight, 0.0)
        check_number(self, "ratio", self.ratio, 0.0, open_low=True)

    @property
    def level(self) -> str:
        return self.supervised.level

    @property
    def least_rows(self) -> int:
        return self.supervised.least_rows

    def augmentations(self, space: Space) -> tuple[Augmentation, ...]:
        return self.supervised.augmentations(space)

    def check(self, codec: Codec, target: Space | None) -> None:
        self.supervised.check(codec, target)
        if target is not None and target.kind != "category":
            raise PairingError(
                f"{self!r} needs classes: a number has no confidence to choose rows by.",
                "Use it in PretrainedClassifier.",
            )

    def state_key(self) -> object:
        return self.supervised.state_key()

    def head_widths(self) -> tuple[int, ...]:
        return self.supervised.head

    def init(self, codec: Codec, target: Space | None, generator: torch.Generator) -> nn.Module:
        head = self.supervised.init(codec, target, generator)
        return Taught(head, codec)

    def resume(self, state: nn.Module | None, codec: Codec) -> nn.Module:
        head = state.head if isinstance(state, Taught) else state
        assert isinstance(head, Head)
        return Taught(head, codec)

    def predictor(self, state: nn.Module | None) -> nn.Module:
        assert isinstance(state, Taught)
        return state.head

    def loss(
        self, codec: Codec, state: nn.Module | None, batch: Batch, at: At
    ) -> tuple[Tensor, Terms]:
        assert isinstance(state, Taught) and batch.other is not None
        supervised, _ = self.supervised.loss(codec, state.head, replace(batch, other=None), at)
        label, sure = state.answer(batch.other.x, self.threshold, self.supervised.label_smoothing)
        given = batch.other.weight
        taught = replace(batch.other, y=label, weight=sure if given is None else sure * given)
        pseudo, _ = self.supervised.loss(codec, state.head, taught, at)
        terms = {"supervised": supervised.detach(), "pseudo": pseudo.detach(), "sure": sure.mean()}
        terms |= guessed(F.one_hot(label, state.head.target.size), batch.y)
        return supervised + self.weight * pseudo, terms

    def validation(self, codec: Codec, state: nn.Module | None, batch: Batch, at: At) -> Tensor:
        assert isinstance(state, Taught)
        return self.supervised.validation(codec, state.head, batch, at)


class Taught(nn.Module):
    """A head, and a frozen copy of the whole network as it stood."""

    def __init__(self, head: Head, codec: Codec) -> None:
        super().__init__()
        assert isinstance(codec, nn.Module)
        self.head = head.train()
        self.teacher = deepcopy(codec).requires_grad_(False).eval()
        self.teacher_head = deepcopy(head).requires_grad_(False).eval()

    def answer(self, x: Tensor, threshold: float, smoothing: float = 0.0) -> tuple[Tensor, Tensor]:
        """Return the teacher's class of each row, and 1.0 where it is sure of it, else 0.0."""
        with torch.no_grad():
            outputs = self.teacher_head(self.teacher.encode(x).flatten(1))
            probability, label = torch.softmax(outputs.float(), dim=1).max(dim=1)
            probability = (probability - smoothing / outputs.shape[1]) / (1.0 - smoothing)
        return label, (probability >= threshold).float()
