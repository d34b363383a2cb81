"""Predict what a teacher makes of the other view; no negatives."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..._checks import check_int, check_number
from ..._contracts import Batch, Codec
from ..._random import At
from ..._space import Space
from ..._spec import register
from ..objective import Terms, weighted_mean
from ..teacher import Teacher, rising
from .two_views import Projector, TwoViews, embedded, telling


@register
@dataclass(frozen=True, repr=False)
class BYOL(TwoViews):
    """``2 - 2 cos(predict(z_1), stop(teacher's z_2))``, the mean of both ways.

    The teacher is a moving average of encoder and projector; its momentum rises to 1 by a half
    cosine. There are no negatives: batches may be small.

    Parameters
    ----------
    augment, projector
        As in ``TwoViews``.
    hidden : int, default 256
        Width of the predictor's hidden layer.
    momentum : float, default 0.99
        Of the teacher when the phase begins, in [0, 1]; the paper has 0.996 for a thousand epochs.

    Raises
    ------
    PairingError
        As ``SimCLR``.

    References
    ----------
    Grill et al. (2020), "Bootstrap your own latent: a new approach to self-supervised learning".

    Examples
    --------
    >>> from layerwise import BYOL
    >>> BYOL(momentum=0.98)
    BYOL(momentum=0.98)
    """

    _: KW_ONLY
    hidden: int = 256
    momentum: float = 0.99

    def __post_init__(self) -> None:
        super().__post_init__()
        check_int(self, "hidden", self.hidden, 1)
        check_number(self, "momentum", self.momentum, 0.0, 1.0)

    def init(self, codec: Codec, target: Space | None, generator: torch.Generator) -> nn.Module:
        projector = Projector(codec.code_space.size, self.projector, generator)
        width = self.projector[-1]
        return Bootstrapped(codec, projector, Projector(width, (self.hidden, width), generator))

    def loss(
        self, codec: Codec, state: nn.Module | None, batch: Batch, at: At
    ) -> tuple[Tensor, Terms]:
        assert isinstance(state, Bootstrapped)
        views = self.views(batch.x, codec.in_space, at)
        a, b = embedded(codec, state.projector, *views, at=at)
        with torch.no_grad():
            teacher, head = state.teacher.codec, state.teacher.heads[0]
            first, second = embedded(teacher, head, *views, at=at)
        guessed = state.predict(torch.cat([a, b])).float().chunk(2)
        losses = self.distance(guessed[0], second) + self.distance(guessed[1], first)
        return weighted_mean(losses / 2, batch.weight), telling(a, b, at)

    def distance(self, guess: Tensor, aim: Tensor) -> Tensor:
        """Return ``2 - 2 cos`` of each row, ``(n,)``, in [0, 4]."""
        return 2.0 - 2.0 * F.cosine_similarity(guess, aim)

    def compare(self, a: Tensor, b: Tensor, weight: Tensor | None = None) -> Tensor:
        return weighted_mean(self.distance(a, b), weight)

    def after_step(self, codec: Codec, state: nn.Module | None, batch: Batch, at: At) -> None:
        assert isinstance(state, Bootstrapped)
        momentum = rising(self.momentum, 1.0, at.share)
        state.teacher.follow(momentum, codec, state.projector)


class Bootstrapped(nn.Module):
    """A projector, a predictor, and a teacher of codec and projector."""

    def __init__(self, codec: Codec, projector: Projector, predictor: Projector) -> None:
        super().__init__()
        self.projector, self.predict = projector, predictor
        self.teacher = Teacher(codec, projector)
