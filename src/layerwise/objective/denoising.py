"""Reconstruct the clean input from a corrupted one."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import torch
from torch import Tensor, nn

from .._checks import check_kind, check_name, check_number
from .._contracts import Batch, Codec
from .._random import At
from .._space import Space
from .._spec import register
from ..augmentation import Augmentation, Masking
from .objective import Objective, Terms
from .reconstruction import ERRORS, check_decodable, mean_loss


@register
@dataclass(frozen=True, repr=False)
class Denoising(Objective):
    """``mean(error(decode(encode(corrupt(x))), x))``: the input is corrupted afresh for every
    batch, the target is clean.

    Codes that are passed on, to the next stage or to the user, are those of the clean input.

    Parameters
    ----------
    corruption : Augmentation, default Masking(0.25)
        A corruption, or any other augmentation: the rows are what it is to be undone to.
    error : {'auto', 'mse', 'bce', 'huber'}, default 'auto'
        As in ``Reconstruction``.
    emphasis : tuple of two floats, optional
        Weights of the corrupted and of the intact entries, at least 0; ``(1, 0)`` is full emphasis.

    References
    ----------
    Vincent, Larochelle, Lajoie, Bengio and Manzagol (2010), "Stacked denoising autoencoders:
    learning useful representations in a deep network with a local denoising criterion".

    Examples
    --------
    >>> from layerwise import Denoising, Masking
    >>> Denoising(Masking(0.4))
    Denoising(Masking(0.4))
    """

    corruption: Augmentation = Masking(0.25)
    _: KW_ONLY
    error: str = "auto"
    emphasis: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        check_kind(
            self, "corruption", self.corruption, Augmentation, "a corruption such as Masking(0.25)"
        )
        check_name(self, "error", self.error, ERRORS)
        if self.emphasis is not None:
            check_kind(
                self, "emphasis", self.emphasis, (tuple, list), "two weights (corrupted, intact)"
            )
            object.__setattr__(self, "emphasis", tuple(self.emphasis))
            check_kind(
                self,
                "emphasis",
                len(self.emphasis) == 2 or self.emphasis,
                bool,
                "two weights (corrupted, intact)",
            )
            for weight in self.emphasis:
                check_number(self, "emphasis", weight, 0.0)

    @property
    def trains_decoder(self) -> bool:
        return True

    def augmentations(self, space: Space) -> tuple[Augmentation, ...]:
        return (self.corruption,)

    def check(self, codec: Codec, target: Space | None) -> None:
        check_decodable(self, codec, self.error)
        self.corruption.check(codec.in_space)

    def loss(
        self, codec: Codec, state: nn.Module | None, batch: Batch, at: At
    ) -> tuple[Tensor, Terms]:
        given = batch.x if self.corruption.leaves_input else batch.x.clone()
        corrupted, changed = self.corruption.corrupt(given, codec.in_space, at.noise)
        params = codec.reconstruct_params(corrupted, at)
        importance = None
        if self.emphasis is not None:
            corrupted_weight, intact_weight = self.emphasis
            importance = torch.where(changed.flatten(1), corrupted_weight, intact_weight)
        loss = mean_loss(
            params,
            batch.x,
            codec,
            self.error,
            observed=batch.observed,
            weight=batch.weight,
            importance=importance,
        )
        return loss, {}
