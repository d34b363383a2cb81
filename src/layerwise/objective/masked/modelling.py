"""Guess the hidden entries of a row from its code."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from ..._checks import check_bool, check_kind, check_name
from ..._contracts import Batch, Codec
from ..._errors import PairingError
from ..._random import At, seeded
from ..._space import Space
from ..._spec import register
from ...augmentation import Augmentation, Masking
from ..collapse import ranked
from ..objective import Objective, Terms
from ..reconstruction import ERRORS, mean_loss


@register
@dataclass(frozen=True, repr=False)
class MaskedModelling(Objective):
    """The error of the hidden entries alone, which a linear layer guesses from the code.

    It goes with any encoder: nothing has to decode. What is hidden is 0, or a value that is learned
    for each feature.

    Parameters
    ----------
    corruption : Augmentation, default Masking(0.5)
        Hides entries: ``Masking``, ``MaskedPatches`` for images, ``Swap`` for tables.
    error : {'auto', 'mse', 'bce', 'huber'}, default 'auto'
        As in ``Reconstruction``.
    learned : bool, default False
        Whether what stands in for a hidden entry is learned.

    Raises
    ------
    PairingError
        Where nothing is trained, the corruption does not go with the rows, or tokens are to be
        replaced by learned values.

    References
    ----------
    Xie, Zhang, Cao, Lin, Bao, Yao, Dai and Hu (2022), "SimMIM: a simple framework for masked image
    modeling".

    Examples
    --------
    >>> from layerwise import MaskedModelling, MaskedPatches
    >>> MaskedModelling(MaskedPatches(0.6, 4))
    MaskedModelling(MaskedPatches(0.6))
    """

    level: ClassVar[str] = "data"

    corruption: Augmentation = Masking(0.5)
    _: KW_ONLY
    error: str = "auto"
    learned: bool = False

    def __post_init__(self) -> None:
        check_kind(
            self, "corruption", self.corruption, Augmentation, "a corruption such as Masking(0.5)"
        )
        check_name(self, "error", self.error, ERRORS)
        check_bool(self, "learned", self.learned)

    def augmentations(self, space: Space) -> tuple[Augmentation, ...]:
        return (self.corruption,)

    def check(self, codec: Codec, target: Space | None) -> None:
        self.corruption.check(codec.in_space)
        kinds = {block.kind for block in codec.in_space.blocks}
        if self.error == "bce" and not kinds <= {"unit", "category"}:
            raise PairingError(
                f"{self!r} takes the cross-entropy, which needs values in [0, 1]; the rows are "
                f"{codec.in_space.kind!r}.",
                "Take the error 'auto' or 'mse'.",
            )
        if self.learned and codec.in_space.holds("token"):
            raise PairingError(
                f"{self!r} learns a number for a hidden entry; the data hold tokens.",
                "Leave learned out.",
            )

    def predictor(self, state: nn.Module | None) -> None:
        """Nothing is left to predict with: the layer that guesses is thrown away."""
        return None

    def init(self, codec: Codec, target: Space | None, generator: torch.Generator) -> nn.Module:
        space = codec.in_space
        return Filler(codec.code_space.size, space, generator, self.learned)

    def loss(
        self, codec: Codec, state: nn.Module | None, batch: Batch, at: At
    ) -> tuple[Tensor, Terms]:
        assert isinstance(state, Filler)
        given = batch.x if self.corruption.leaves_input else batch.x.clone()
        seen, hidden = self.corruption.corrupt(given, codec.in_space, at.noise)
        if state.instead is not None:
            seen = torch.where(hidden, state.instead.view_as(seen[0]).to(seen.dtype), seen)
        code = codec.encode(seen, at).flatten(1)
        loss = mean_loss(
            state.guess(code).float(),
            batch.x,
            codec,
            self.error,
            observed=batch.observed,
            weight=batch.weight,
            importance=hidden.flatten(1).float(),
        )
        return loss, ranked(code, at.step)


class Filler(nn.Module):
    """A linear layer from codes to the raw outputs of a row, and what stands in for hidden
    entries."""

    def __init__(
        self, k: int, space: Space, generator: torch.Generator, learned: bool = False
    ) -> None:
        super().__init__()
        with seeded(generator):
            self.guess = nn.Linear(k, space.parameters)
        self.instead = nn.Parameter(torch.zeros(space.size)) if learned else None
