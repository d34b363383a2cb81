"""Contrast with a queue of what a teacher saw."""

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
from ..teacher import Teacher
from .two_views import Projector, TwoViews, embedded, telling


@register
@dataclass(frozen=True, repr=False)
class MoCo(TwoViews):
    """A row's view is alike to what a teacher makes of its other view, and to none of the keys of
    other rows: those of the batch, and those of a queue of batches before.

    The queue makes many negatives of small batches.

    Parameters
    ----------
    augment, projector
        As in ``TwoViews``.
    temperature : float, default 0.2
        Above 0.
    queue : int, default 1024
        Keys that are kept; the papers have 4,096 to 65,536 for a million images.
    momentum : float, default 0.99
        Of the teacher, in [0, 1]; the papers have 0.999 for hundreds of thousands of steps.

    Raises
    ------
    PairingError
        As ``SimCLR``.

    References
    ----------
    He, Fan, Wu, Xie and Girshick (2020), "Momentum contrast for unsupervised visual representation
    learning"; Chen, Fan, Girshick and He (2020), "Improved baselines with momentum contrastive
    learning".

    Examples
    --------
    >>> from layerwise import MoCo
    >>> MoCo(queue=512)
    MoCo(queue=512)
    """

    _: KW_ONLY
    temperature: float = 0.2
    queue: int = 1024
    momentum: float = 0.99

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number(self, "temperature", self.temperature, 0.0, open_low=True)
        check_int(self, "queue", self.queue, 0)
        check_number(self, "momentum", self.momentum, 0.0, 1.0)

    def init(self, codec: Codec, target: Space | None, generator: torch.Generator) -> nn.Module:
        projector = Projector(codec.code_space.size, self.projector, generator)
        return Queued(codec, projector, self.queue, self.projector[-1])

    def loss(
        self, codec: Codec, state: nn.Module | None, batch: Batch, at: At
    ) -> tuple[Tensor, Terms]:
        assert isinstance(state, Queued)
        first, second = self.views(batch.x, codec.in_space, at)
        (queries,) = embedded(codec, state.projector, first, at=at)
        with torch.no_grad():
            (keys,) = embedded(state.teacher.codec, state.teacher.heads[0], second, at=at)
        state.keys = F.normalize(keys, dim=1)
        loss = info_nce(queries, state.keys, self.temperature, batch.weight, state.kept())
        return loss, telling(queries, keys, at)

    def compare(self, a: Tensor, b: Tensor, weight: Tensor | None = None) -> Tensor:
        return info_nce(a, b, self.temperature, weight)

    def after_step(self, codec: Codec, state: nn.Module | None, batch: Batch, at: At) -> None:
        assert isinstance(state, Queued)
        state.push()
        state.teacher.follow(self.momentum, codec, state.projector)


def info_nce(
    queries: Tensor,
    keys: Tensor,
    temperature: float,
    weight: Tensor | None = None,
    others: Tensor | None = None,
) -> Tensor:
    """Return ``-log(exp(q_i k_i / T) / sum_j exp(q_i k_j / T))`` of normalised ``(n, k)``; the
    sum is over the keys of the batch and, where given, over ``others``."""
    q, k = F.normalize(queries, dim=1), F.normalize(keys, dim=1)
    scores = q @ (k if others is None else torch.cat([k, others])).T / temperature
    own = torch.arange(len(q), device=q.device)
    return weighted_mean(F.cross_entropy(scores, own, reduction="none"), weight)


class Queued(nn.Module):
    """A projector, a teacher of codec and projector, and the last keys."""

    rows: Tensor
    filled: Tensor

    def __init__(self, codec: Codec, projector: Projector, size: int, width: int) -> None:
        super().__init__()
        self.projector = projector
        self.teacher = Teacher(codec, projector)
        self.register_buffer("rows", torch.zeros(size, width))  # the newest first
        self.register_buffer("filled", torch.zeros((), dtype=torch.int64))
        self.keys: Tensor | None = None  # of the batch at hand

    def kept(self) -> Tensor:
        """Return the keys that are in the queue, ``(q, k)``."""
        return self.rows[: int(self.filled)].clone()

    def push(self) -> None:
        """Put the keys of the batch in front."""
        if self.keys is None or not len(self.rows):
            return
        kept = torch.cat([self.keys, self.rows])[: len(self.rows)]
        self.rows.copy_(kept)
        self.filled.fill_(min(len(self.rows), int(self.filled) + len(self.keys)))
        self.keys = None
