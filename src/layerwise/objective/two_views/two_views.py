"""What objectives of two views share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from itertools import pairwise
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..._checks import check_int, check_kind
from ..._contracts import Batch, Codec
from ..._random import At, seeded
from ..._space import Space
from ...augmentation import Augmentation, Suited, view_of
from ..collapse import measured
from ..objective import Objective, Terms


@dataclass(frozen=True, repr=False)
class TwoViews(Objective):
    """Base of the objectives that compare two views of each row (abstract).

    A row's views are encoded, a *projector* on the codes makes embeddings, and a subclass's
    ``compare`` says how far they are from what they should be. The projector is thrown away
    afterwards; the codes are what is kept. Every row of the history has ``agreement`` (mean cosine
    of the two embeddings of a row), ``spread`` and ``rank`` (``layerwise.objective.collapse``): an
    encoder that answers the same to all rows has a spread of 0.

    Parameters
    ----------
    augment : Augmentation, default Suited("views")
        Makes both views.
    projector : tuple of int, default (256, 128)
        Widths: hidden layers with batch normalisation and ReLU, then the embedding.
    """

    level: ClassVar[str] = "data"
    least_rows: ClassVar[int] = 8

    augment: Augmentation = Suited("views")
    _: KW_ONLY
    projector: tuple[int, ...] = (256, 128)

    def __post_init__(self) -> None:
        check_kind(self, "augment", self.augment, Augmentation, "an augmentation such as Crop()")
        check_kind(
            self, "projector", self.projector or None, (tuple, list), "widths such as (256, 128)"
        )
        object.__setattr__(self, "projector", tuple(self.projector))
        for width in self.projector:
            check_int(self, "projector", width, 1)

    def augmentations(self, space: Space) -> tuple[Augmentation, ...]:
        return (self.augment,)

    def check(self, codec: Codec, target: Space | None) -> None:
        for augmentation in self.augmentations(codec.in_space):
            augmentation.check(codec.in_space)

    def init(self, codec: Codec, target: Space | None, generator: torch.Generator) -> nn.Module:
        return Projector(codec.code_space.size, self.projector, generator)

    def predictor(self, state: nn.Module | None) -> None:
        """Nothing is left to predict with: heads and teachers are thrown away."""
        return None

    def views(self, x: Tensor, space: Space, at: At) -> tuple[Tensor, Tensor]:
        """Return two views of each row."""
        (augment,) = self.augmentations(space)
        first, second = (view_of(augment, x, space, at.stream("view", i)) for i in (0, 1))
        return first, second

    def loss(
        self, codec: Codec, state: nn.Module | None, batch: Batch, at: At
    ) -> tuple[Tensor, Terms]:
        assert state is not None
        first, second = self.views(batch.x, codec.in_space, at)
        a, b = embedded(codec, state, first, second, at=at)
        return self.compare(a, b, batch.weight), telling(a, b, at)

    @abstractmethod
    def compare(self, a: Tensor, b: Tensor, weight: Tensor | None = None) -> Tensor:
        """Return the loss of the embeddings ``(n, k)`` of the two views."""


def embedded(codec: Codec, head: nn.Module, *views: Tensor, at: At) -> tuple[Tensor, ...]:
    """Return the embeddings of views, all in one pass, so that they share the statistics of a
    batch."""
    z = head(codec.encode(torch.cat(views), at).flatten(1))
    return tuple(z.float().chunk(len(views)))


def telling(a: Tensor, b: Tensor, at: At) -> Terms:
    """Return what the history tells of the embeddings of two views."""
    agreement = F.cosine_similarity(a.detach(), b.detach()).mean()
    return {"agreement": agreement} | measured(a, at.step)


class Projector(nn.Module):
    """Hidden layers with batch normalisation and ReLU, then a linear one: ``(n, k) -> (n, e)``."""

    def __init__(self, k: int, widths: Sequence[int], generator: torch.Generator) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        with seeded(generator):
            for a, b in pairwise([k, *widths[:-1]]):
                layers += [nn.Linear(a, b, bias=False), nn.BatchNorm1d(b), nn.ReLU()]
            layers.append(nn.Linear(widths[-2] if len(widths) > 1 else k, widths[-1]))
        self.layers = nn.Sequential(*layers)

    def forward(self, h: Tensor) -> Tensor:
        return self.layers(h)
