"""Guess the hidden patches of an image from the visible ones."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from ..._checks import check_bool, check_int, check_number
from ..._contracts import Batch, Codec, PatchLayer
from ..._errors import PairingError, ParameterError
from ..._random import At, seeded
from ..._space import Space
from ..._spec import register
from ..collapse import ranked
from ..objective import Objective, Terms, weighted_mean
from .chain import check_pooled, encoded_tokens, token_floors


@register
@dataclass(frozen=True, repr=False)
class MaskedAutoencoder(Objective):
    """The squared error of the hidden patches, which a light decoder guesses from the codes of the
    visible ones; the encoder sees the visible ones alone.

    Afterwards the encoder sees all patches, and the decoder is thrown away.

    Parameters
    ----------
    hidden : float, default 0.75
        Share of the patches that are hidden, in (0, 1).
    width, depth : int, default 64 and 1
        Of the decoder's transformer; the width is divisible by 4.
    standardise : bool, default False
        Whether the pixels of each patch are standardised before they are guessed.

    Raises
    ------
    PairingError
        On a stack that does not begin with ``Patches``, or has stages to train above its tokens.

    References
    ----------
    He, Chen, Xie, Li, Dollar and Girshick (2022), "Masked autoencoders are scalable vision
    learners".

    Examples
    --------
    >>> from layerwise import MaskedAutoencoder
    >>> MaskedAutoencoder(hidden=0.6)
    MaskedAutoencoder(hidden=0.6)
    """

    level: ClassVar[str] = "data"

    _: KW_ONLY
    hidden: float = 0.75
    width: int = 64
    depth: int = 1
    standardise: bool = False

    def __post_init__(self) -> None:
        check_number(self, "hidden", self.hidden, 0.0, 0.999, open_low=True)
        check_int(self, "width", self.width, 4)
        check_int(self, "depth", self.depth, 1)
        check_bool(self, "standardise", self.standardise)
        if self.width % 4:
            raise ParameterError(
                "The 'width' parameter of MaskedAutoencoder must be a multiple of 4. Got "
                f"{self.width!r} instead.",
                "A quarter each is sine and cosine of the column and of the row.",
            )

    def check(self, codec: Codec, target: Space | None) -> None:
        first = codec.chain[0].patch_view() if codec.depth else None
        if first is None:
            raise PairingError(
                f"{self!r} hides patches of images; the stack does not begin with Patches.",
                "Use Stack(Patches(4), Transformer(), Pool()), or MaskedModelling.",
            )
        if first.count < 2:
            raise PairingError(
                f"{self!r} hides some of the patches; the images have {first.count}.",
                "Use Patches of a smaller size.",
            )
        check_pooled(self, codec, "patches")

    def predictor(self, state: nn.Module | None) -> None:
        """Nothing is left to predict with: the decoder is thrown away."""
        return None

    def init(self, codec: Codec, target: Space | None, generator: torch.Generator) -> nn.Module:
        first = patches_of(codec)
        channels, height, width = codec.in_space.shape
        pixels = channels * height * width // first.count
        tokens = token_floors(codec)[-1].code_space.shape[-1]
        return Guesser(tokens, first, self.width, self.depth, pixels, generator)

    def loss(
        self, codec: Codec, state: nn.Module | None, batch: Batch, at: At
    ) -> tuple[Tensor, Terms]:
        assert isinstance(state, Guesser)
        patches = patches_of(codec).patches(batch.x)
        n, t, _ = patches.shape
        order = torch.rand(n, t, generator=at.stream("mask")).argsort(1).to(batch.x.device)
        visible = max(1, min(t - 1, round(t * (1.0 - self.hidden))))
        keep = order[:, :visible]
        tokens = encoded_tokens(codec, batch.x, at.seeing(keep=keep))[:, -visible:]
        guessed = state(tokens, keep)
        aim = standardised(patches) if self.standardise else patches
        errors = (guessed - aim).square().mean(2)  # (n, t)
        hidden = torch.ones_like(errors).scatter(1, keep, 0.0)
        losses = (errors * hidden).sum(1) / hidden.sum(1)
        return weighted_mean(losses, batch.weight), ranked(tokens.mean(1), at.step)


def patches_of(codec: Codec) -> PatchLayer:
    """Return the stage that cuts images into patches."""
    first = codec.chain[0].patch_view()
    assert first is not None  # check() has refused
    return first


def standardised(patches: Tensor) -> Tensor:
    """Return patches ``(n, t, p)`` whose pixels have mean 0 and variance 1 in each."""
    mean, variance = patches.mean(2, keepdim=True), patches.var(2, keepdim=True, correction=0)
    return (patches - mean) / (variance + 1e-6).sqrt()


class Guesser(nn.Module):
    """A transformer over visible codes and mask tokens, all with their positions: ``(n, t', k) ->
    (n, t, pixels)``."""

    def __init__(
        self,
        tokens: int,
        first: PatchLayer,
        width: int,
        depth: int,
        pixels: int,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        with seeded(generator):
            self.enter = nn.Linear(tokens, width)
            self.mask = nn.Parameter(0.02 * torch.randn(width))
            layer = nn.TransformerEncoderLayer(
                width, 4, 2 * width, 0.0, "gelu", batch_first=True, norm_first=True
            )
            self.mix = nn.TransformerEncoder(layer, depth, enable_nested_tensor=False)
            self.out = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, pixels))
        self.register_buffer("places", first.positions_of(width))

    places: Tensor

    def forward(self, tokens: Tensor, keep: Tensor) -> Tensor:
        n, width = len(tokens), len(self.mask)
        seen = self.enter(tokens)
        whole = self.mask.to(seen.dtype).expand(n, len(self.places), width)
        whole = whole.scatter(1, keep[:, :, None].expand(-1, -1, width), seen)
        return self.out(self.mix(whole + self.places)).float()
