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
from ..objective import Objective, Terms, weighted_mean
from ..supervised import Head
from ..teacher import Teacher, rising
from .consistency import Consistency, ramp, view, weak_of

WARM = 10  # steps, at first: the teacher is not to remember the random start


@register
@dataclass(frozen=True, repr=False)
class MeanTeacher(Consistency):
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

    def init(self, codec: Codec, target: Space | None, generator: torch.Generator) -> nn.Module:
        return Averaged(self.supervised.init(codec, target, generator), codec)

    def resume(self, state: nn.Module | None, codec: Codec) -> nn.Module:
        head = state.head if isinstance(state, Averaged) else state
        assert isinstance(head, Head)
        return Averaged(head, codec)

    def predictor(self, state: nn.Module | None) -> nn.Module:
        assert isinstance(state, Averaged)
        return state.head

    def parts(self, x: Tensor, space: Space, at: At) -> tuple[Tensor, ...]:
        (augment,) = self.augmentations(space)
        return (view(augment, x, space, at, "first"),)

    def unlabelled(
        self, codec: Codec, state: nn.Module | None, rows: Batch, outputs: list[Tensor], at: At
    ) -> tuple[Tensor, Terms]:
        assert isinstance(state, Averaged)
        (augment,) = self.augmentations(codec.in_space)
        with torch.no_grad():
            second = view(augment, rows.x, codec.in_space, at, "second")
            teacher = state.teacher
            aim = teacher.heads[0](teacher.codec.encode(second, at).flatten(1)).float()
        apart = (torch.softmax(outputs[0], dim=1) - torch.softmax(aim, dim=1)).square().sum(1)
        return ramp(at.share) * weighted_mean(apart, rows.weight), {}

    def after_step(self, codec: Codec, state: nn.Module | None, batch: Batch, at: At) -> None:
        assert isinstance(state, Averaged)
        momentum = rising(*self.momentum, at.share)
        state.teacher.follow(min(momentum, state.done / (state.done + WARM)), codec, state.head)
        state.done += 1

    def end(self, codec: Codec, state: nn.Module | None) -> None:
        assert isinstance(state, Averaged)
        state.teacher.replace(codec, state.head)

    def validation(self, codec: Codec, state: nn.Module | None, batch: Batch, at: At) -> Tensor:
        assert isinstance(state, Averaged)
        head = state.teacher.heads[0]
        judged: Objective = self.supervised
        return judged.validation(state.teacher.codec, head, batch, at)


class Averaged(nn.Module):
    """A head, and a teacher of codec and head."""

    def __init__(self, head: Head, codec: Codec) -> None:
        super().__init__()
        self.head = head.train()
        self.teacher = Teacher(codec, head)
        self.done = 0
