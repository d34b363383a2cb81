"""A view has the answer that an average of the network gives to another."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import torch
from torch import Tensor, nn

from ..._checks import check_kind, check_number
from ..._contracts import Batch, Codec
from ..._random import At
from ..._space import Space
from ..._spec import register
from ...augmentation import Augmentation
from ..objective import Terms, weighted_mean
from ..teacher import rising
from .consistency import ramp, view, weak_of
from .taught import Taught


@register
@dataclass(frozen=True, repr=False)
class MeanTeacher(Taught):
    """``|softmax(view_1) - softmax(teacher of view_2)|**2``, whose weight rises as in ``PiModel``.

    The teacher is a moving average of the network; its momentum rises over the phase, and it is
    what predicts afterwards.

    Parameters
    ----------
    supervised, ratio
        As in ``Consistency``.
    augment : Augmentation, optional
        Makes both views; by default that of ``supervised``, else what suits the data.
    momentum : tuple of two floats, default (0.99, 0.999)
        Of the teacher when the phase begins and when it ends, in [0, 1]; after t steps at most
        ``t / (t + 10)``.
    weight : float, default 10.0

    Raises
    ------
    PairingError
        As ``PiModel``.

    References
    ----------
    Tarvainen and Valpola (2017), "Mean teachers are better role models: weight-averaged consistency
    targets improve semi-supervised deep learning results".

    Examples
    --------
    >>> from layerwise import MeanTeacher
    >>> MeanTeacher(momentum=(0.95, 0.99))
    MeanTeacher(momentum=(0.95, 0.99))
    """

    _: KW_ONLY
    augment: Augmentation | None = None
    momentum: tuple[float, float] = (0.99, 0.999)
    weight: float = 10.0

    def __post_init__(self) -> None:
        super().__post_init__()
        kinds = (Augmentation, type(None))
        check_kind(self, "augment", self.augment, kinds, "an augmentation, or None")
        fits = isinstance(self.momentum, (tuple, list)) and len(self.momentum) == 2
        check_kind(self, "momentum", fits or self.momentum, bool, "two numbers (first, last)")
        object.__setattr__(self, "momentum", tuple(self.momentum))
        for number in self.momentum:
            check_number(self, "momentum", number, 0.0, 1.0)

    def augmentations(self, space: Space) -> tuple[Augmentation, ...]:
        return (weak_of(self.augment, self.supervised),)

    @property
    def has_teacher(self) -> bool:
        return True

    def momentum_at(self, share: float) -> float:
        return rising(*self.momentum, share)

    def parts(self, x: Tensor, space: Space, at: At) -> tuple[Tensor, ...]:
        (augment,) = self.augmentations(space)
        return (view(augment, x, space, at, "first"),)

    def unlabelled(
        self, codec: Codec, state: nn.Module | None, rows: Batch, outputs: list[Tensor], at: At
    ) -> tuple[Tensor, Terms]:
        (augment,) = self.augmentations(codec.in_space)
        second = view(augment, rows.x, codec.in_space, at, "second")
        aim = self.answer(codec, state, second, at)
        apart = (torch.softmax(outputs[0], dim=1) - torch.softmax(aim, dim=1)).square().sum(1)
        return ramp(at.share) * weighted_mean(apart, rows.weight), {}
