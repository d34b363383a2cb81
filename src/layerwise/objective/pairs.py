"""Codes of one class near one another, codes of two apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .._contracts import Batch, Codec
from .._errors import PairingError
from .._random import At
from .._space import Space
from .._spec import register
from .collapse import ranked
from .objective import Objective, Terms


@register
@dataclass(frozen=True, repr=False)
class LabelPairs(Objective):
    """``mean (cos(z_i, z_j) - [y_i = y_j])**2`` over the pairs of a batch of labelled rows; pairs
    of one class and pairs of two count half each.

    It makes many pairs of few labels. A head is put on the codes afterwards.

    Raises
    ------
    PairingError
        Without class labels, or where nothing is trained.

    References
    ----------
    Tunstall, Reimers, Jo, Bates, Korat, Wasserblat and Pereg (2022), "Efficient few-shot learning
    without prompts" (SetFit).

    Examples
    --------
    >>> from layerwise import HeadOnly, Joint, LabelPairs, Supervised
    >>> plan = [(LabelPairs(), Joint(5)), (Supervised(), HeadOnly(20))]
    """

    needs: ClassVar[str] = "labels"

    def check(self, codec: Codec, target: Space | None) -> None:
        if codec.depth == 0:
            raise PairingError(
                f"{self!r} moves codes; in a phase of the head alone no stage is trained.",
                "Use Joint, and HeadOnly with Supervised after it.",
            )
        if target is None or target.kind != "category":
            what = "none were given" if target is None else "the targets are numbers"
            raise PairingError(
                f"{self!r} needs class labels, and {what}.",
                "Use it in the plan of PretrainedClassifier.",
            )

    def predictor(self, state: nn.Module | None) -> None:
        """Nothing is left to predict with: it has no head."""
        return None

    def loss(
        self, codec: Codec, state: nn.Module | None, batch: Batch, at: At
    ) -> tuple[Tensor, Terms]:
        assert batch.y is not None
        codes = codec.encode(batch.x, at).flatten(1).float()
        loss = pair_loss(codes, batch.y, batch.weight)
        return loss, ranked(codes, at.step)


def pair_loss(codes: Tensor, y: Tensor, weight: Tensor | None = None) -> Tensor:
    """Return the loss of codes ``(n, k)`` and classes ``(n,)``; a pair weighs the product of its
    rows' weights. A kind of pair that there is none of counts for nothing."""
    z = F.normalize(codes, dim=1)
    same = y[:, None] == y[None]
    errors = (z @ z.T - same.to(z.dtype)).square()
    pairs = torch.ones_like(errors) if weight is None else weight[:, None] * weight[None]
    pairs = pairs.to(errors.dtype).triu(1)
    parts = []
    for kind in (same, ~same):
        own = pairs * kind
        parts.append((errors * own).sum() / own.sum().clamp_min(1e-12))
    return 0.5 * (parts[0] + parts[1])
