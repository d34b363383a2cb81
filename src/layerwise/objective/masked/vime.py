"""Which cells were changed, and what stood there."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..._checks import check_kind, check_number
from ..._contracts import Batch, Codec
from ..._random import At, seeded
from ..._space import Space
from ..._spec import register
from ...augmentation import Augmentation, Swap
from ..collapse import ranked
from ..objective import Objective, Terms
from ..reconstruction import element_features, mean_loss, seen


@register
@dataclass(frozen=True, repr=False)
class VIME(Objective):
    """``cross-entropy(which cells are others than before) + weight * error(the values)``, both
    guessed by linear layers from the code of the corrupted row.

    A cell that was swapped for an equal value does not count as changed: what can be learned is
    ``x != x'``, not which cells were drawn.

    Parameters
    ----------
    corruption : Augmentation, default Swap(0.3)
    weight : float, default 2.0
        Of the values, at least 0.

    Raises
    ------
    PairingError
        Where the corruption does not go with the rows.

    References
    ----------
    Yoon, Zhang, Jordon and van der Schaar (2020), "VIME: extending the success of self- and
    semi-supervised learning to tabular domain" (its first phase).

    Examples
    --------
    >>> from layerwise import Swap, VIME
    >>> VIME(Swap(0.4))
    VIME(Swap(0.4))
    """

    level: ClassVar[str] = "data"

    corruption: Augmentation = Swap(0.3)
    _: KW_ONLY
    weight: float = 2.0

    def __post_init__(self) -> None:
        check_kind(
            self, "corruption", self.corruption, Augmentation, "a corruption such as Swap(0.3)"
        )
        check_number(self, "weight", self.weight, 0.0)

    def augmentations(self, space: Space) -> tuple[Augmentation, ...]:
        return (self.corruption,)

    def check(self, codec: Codec, target: Space | None) -> None:
        self.corruption.check(codec.in_space)

    def predictor(self, state: nn.Module | None) -> None:
        """Nothing is left to predict with: both layers are thrown away."""
        return None

    def init(self, codec: Codec, target: Space | None, generator: torch.Generator) -> nn.Module:
        return Two(codec.code_space.size, codec.in_space, generator)

    def loss(
        self, codec: Codec, state: nn.Module | None, batch: Batch, at: At
    ) -> tuple[Tensor, Terms]:
        assert isinstance(state, Two)
        space = codec.in_space
        given = batch.x if self.corruption.leaves_input else batch.x.clone()
        corrupted, _ = self.corruption.corrupt(given, space, at.noise)
        code = codec.encode(corrupted, at).flatten(1)
        observed = seen(batch.x, space, batch.observed)
        changed = changed_cells(batch.x, corrupted, space)
        guess = F.binary_cross_entropy_with_logits(
            state.mask(code).float(), changed.float(), reduction="none"
        )
        weights = torch.ones_like(guess) if batch.weight is None else batch.weight[:, None]
        if observed is not None:
            weights = weights * observed[:, element_features(space).to(observed.device)]
        weights = weights.expand_as(guess)
        mask = (guess * weights).sum() / weights.sum().clamp_min(1e-12)
        values = mean_loss(
            state.value(code).float(),
            batch.x,
            codec,
            "auto",
            observed=batch.observed,
            weight=batch.weight,
        )
        terms = {"mask": mask.detach(), "values": values.detach()}
        return mask + self.weight * values, terms | ranked(code, at.step)


def changed_cells(x: Tensor, corrupted: Tensor, space: Space) -> Tensor:
    """Return which cells are others than before, ``(n, cells)``: the one-hot columns of a category
    are one."""
    other = (x != corrupted).flatten(1)
    parts = [
        other[:, part].any(1, keepdim=True) if block.kind == "category" else other[:, part]
        for block, part in space.slices()
    ]
    return torch.cat(parts, dim=1)


class Two(nn.Module):
    """Two linear layers on codes: which cells were changed, and the raw outputs of a row."""

    def __init__(self, k: int, space: Space, generator: torch.Generator) -> None:
        super().__init__()
        with seeded(generator):
            self.mask = nn.Linear(k, len(element_features(space)))
            self.value = nn.Linear(k, space.parameters)
