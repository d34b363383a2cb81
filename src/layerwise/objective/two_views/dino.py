"""Distil a teacher's soft groups of rows."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..._checks import check_int, check_kind, check_number
from ..._contracts import Batch, Codec
from ..._random import At, seeded
from ..._space import Space
from ..._spec import register
from ...augmentation import Augmentation, view_of
from ..objective import Terms, weighted_mean
from ..teacher import Teacher, rising
from .two_views import Projector, TwoViews, embedded, telling

WARM_SHARE = 0.3  # of the phase, in which the teacher's temperature rises


@register
@dataclass(frozen=True, repr=False)
class DINO(TwoViews):
    """The student's softmax over prototypes is the teacher's, which is centred and sharpened.

    ``-sum_c p_c log q_c``, with ``p`` the teacher's softmax of one view and ``q`` the student's of
    another, the mean over the pairs of different views. Centring keeps all rows out of one
    prototype, sharpening keeps them from lying in all alike. The student also sees ``small`` views,
    of which the teacher sees none.

    Parameters
    ----------
    augment, projector
        As in ``TwoViews``.
    prototypes : int, default 1024
        At least 2; the paper has 65,536.
    temperature : float, default 0.1
        Of the student, above 0.
    teacher_temperature : tuple of two floats, default (0.04, 0.07)
        Of the teacher at first, and after 30 % of the phase; above 0.
    momentum : float, default 0.99
        Of the teacher when the phase begins, in [0, 1]; it rises to 1 by a half cosine.
    centre_momentum : float, default 0.9
        Of the mean of the teacher's outputs, in [0, 1].
    small : Augmentation, optional
        Makes views of small parts, such as ``Crop(area=(0.1, 0.4))``; by default there are none.
    count : int, default 2
        Number of small views.

    Raises
    ------
    PairingError
        As ``SimCLR``.

    References
    ----------
    Caron, Touvron, Misra, Jegou, Mairal, Bojanowski and Joulin (2021), "Emerging properties in
    self-supervised vision transformers".

    Examples
    --------
    >>> from layerwise import Crop, DINO
    >>> DINO(prototypes=256, small=Crop(area=(0.1, 0.4)))
    DINO(prototypes=256, small=Crop((0.1, 0.4)))
    """

    _: KW_ONLY
    prototypes: int = 1024
    temperature: float = 0.1
    teacher_temperature: tuple[float, float] = (0.04, 0.07)
    momentum: float = 0.99
    centre_momentum: float = 0.9
    small: Augmentation | None = None
    count: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        check_int(self, "prototypes", self.prototypes, 2)
        check_number(self, "temperature", self.temperature, 0.0, open_low=True)
        pair = self.teacher_temperature
        fits = isinstance(pair, (tuple, list)) and len(pair) == 2
        check_kind(self, "teacher_temperature", fits or pair, bool, "two numbers (at first, after)")
        object.__setattr__(self, "teacher_temperature", tuple(pair))
        for number in self.teacher_temperature:
            check_number(self, "teacher_temperature", number, 0.0, open_low=True)
        for name in ("momentum", "centre_momentum"):
            check_number(self, name, getattr(self, name), 0.0, 1.0)
        kinds = (Augmentation, type(None))
        check_kind(self, "small", self.small, kinds, "an augmentation such as Crop(), or None")
        check_int(self, "count", self.count, 1)

    def augmentations(self, space: Space) -> tuple[Augmentation, ...]:
        own = super().augmentations(space)
        return own if self.small is None else (*own, self.small)

    def views(self, x: Tensor, space: Space, at: At) -> tuple[Tensor, Tensor]:
        augment = self.augmentations(space)[0]
        first, second = (view_of(augment, x, space, at.stream("view", i)) for i in (0, 1))
        return first, second

    def init(self, codec: Codec, target: Space | None, generator: torch.Generator) -> nn.Module:
        head = Prototypes(codec.code_space.size, self.projector, self.prototypes, generator)
        return Distilled(codec, head, self.prototypes)

    def loss(
        self, codec: Codec, state: nn.Module | None, batch: Batch, at: At
    ) -> tuple[Tensor, Terms]:
        assert isinstance(state, Distilled)
        views = self.views(batch.x, codec.in_space, at)
        with torch.no_grad():
            teacher = embedded(state.teacher.codec, state.teacher.heads[0], *views, at=at)
        state.seen = torch.cat(teacher)
        parts = [*views, *self._small_views(batch.x, codec.in_space, at)]
        student = embedded(codec, state.head, *parts, at=at)
        aims = [self.aim(one, state.centre, at.share) for one in teacher]
        losses = [
            -(aim * F.log_softmax(own / self.temperature, dim=1)).sum(1)
            for i, aim in enumerate(aims)
            for j, own in enumerate(student)
            if i != j
        ]
        loss = weighted_mean(torch.stack(losses).mean(0), batch.weight)
        return loss, telling(student[0], student[1], at)

    def aim(self, teacher: Tensor, centre: Tensor, share: float) -> Tensor:
        """Return the teacher's centred and sharpened softmax, ``(n, prototypes)``."""
        first, last = self.teacher_temperature
        warm = min(1.0, share / WARM_SHARE)
        return torch.softmax((teacher - centre) / (first + (last - first) * warm), dim=1)

    def compare(self, a: Tensor, b: Tensor, weight: Tensor | None = None) -> Tensor:
        centre = torch.zeros(a.shape[1], device=a.device)
        losses = -(self.aim(b, centre, 1.0) * F.log_softmax(a / self.temperature, dim=1)).sum(1)
        return weighted_mean(losses, weight)

    def after_step(self, codec: Codec, state: nn.Module | None, batch: Batch, at: At) -> None:
        assert isinstance(state, Distilled)
        if state.seen is not None:
            state.centre.lerp_(state.seen.mean(0), 1.0 - self.centre_momentum)
            state.seen = None
        state.teacher.follow(rising(self.momentum, 1.0, at.share), codec, state.head)

    def _small_views(self, x: Tensor, space: Space, at: At) -> list[Tensor]:
        if self.small is None:
            return []
        return [view_of(self.small, x, space, at.stream("small", i)) for i in range(self.count)]


class Prototypes(nn.Module):
    """A projector, normalisation, and cosines to prototypes of length 1: ``(n, k) -> (n, c)``."""

    def __init__(
        self, k: int, widths: tuple[int, ...], prototypes: int, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.projector = Projector(k, widths, generator)
        with seeded(generator):
            self.prototypes = nn.Parameter(torch.randn(prototypes, widths[-1]))

    def forward(self, h: Tensor) -> Tensor:
        z = F.normalize(self.projector(h).float(), dim=1)
        return z @ F.normalize(self.prototypes, dim=1).T


class Distilled(nn.Module):
    """A head of prototypes, a teacher of codec and head, and the centre of the teacher's
    outputs."""

    centre: Tensor

    def __init__(self, codec: Codec, head: Prototypes, prototypes: int) -> None:
        super().__init__()
        self.head = head
        self.teacher = Teacher(codec, head)
        self.register_buffer("centre", torch.zeros(prototypes))
        self.seen: Tensor | None = None  # what the teacher made of the batch at hand
