"""Learn the labels from real rows and from made-up ones."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor, nn

from .._checks import check_kind, check_name, check_number
from .._contracts import Batch, Codec
from .._errors import PairingError
from .._random import At
from .._space import Space
from .._spec import register
from ..architecture.drawing import drawn
from ..augmentation import Augmentation
from .objective import Objective, Terms
from .reconstruction import check_decodable
from .supervised import Supervised
from .teacher import Teacher
from .variational import latent_of

WAYS = ("mix", "posterior")


@register
@dataclass(frozen=True, repr=False)
class Synthetic(Objective):
    """``Supervised`` on batches of which a share of the rows is made up by the pretrained stack, as
    it was when the phase began: as many steps and rows a step as without.

    Parameters
    ----------
    supervised : Supervised, default Supervised()
    how : {'mix', 'posterior'}, default 'mix'
        'mix': a row of the batch is decoded from between its code and that of another one of its
        class in the batch, at a share that is uniform in [0, 1]; numbers as labels are mixed
        alike. 'posterior': from a draw of its own code's distribution, of a stack with ``Latent``
        on top.
    share : float, default 0.5
        Of the rows of a batch that are made up, in [0, 1].

    Raises
    ------
    PairingError
        In a phase that does not begin at the data, or for stages without a way back.

    References
    ----------
    DeVries and Taylor (2017), "Dataset augmentation in feature space" (between rows of a class).

    Notes
    -----
    The stack must have been pretrained: what a random one makes up is noise.

    Examples
    --------
    >>> from layerwise import Supervised, Synthetic
    >>> Synthetic(Supervised((50,)), share=0.25)
    Synthetic(Supervised((50,)), share=0.25)
    """

    needs: ClassVar[str] = "labels"
    level: ClassVar[str] = "data"

    supervised: Supervised = Supervised()
    how: str = "mix"
    _: KW_ONLY
    share: float = 0.5

    def __post_init__(self) -> None:
        check_kind(self, "supervised", self.supervised, Supervised, "Supervised(...)")
        check_name(self, "how", self.how, WAYS)
        check_number(self, "share", self.share, 0.0, 1.0)

    def augmentations(self, space: Space) -> tuple[Augmentation, ...]:
        return self.supervised.augmentations(space)

    def head_widths(self) -> tuple[int, ...]:
        return self.supervised.head_widths()

    def check(self, codec: Codec, target: Space | None) -> None:
        self.supervised.check(codec, target)
        check_decodable(self, codec, "auto")
        if self.how == "posterior":
            latent_of(self, codec)
        if codec.in_space.holds("token"):
            raise PairingError(
                f"{self!r} makes up numbers and categories; the input holds tokens.",
                "Use it on tables and images.",
            )

    def state_key(self) -> object:
        return self.supervised.state_key()

    def init(self, codec: Codec, target: Space | None, generator: torch.Generator) -> nn.Module:
        return _Maker(self.supervised.init(codec, target, generator), codec)

    def resume(self, state: nn.Module | None, codec: Codec) -> nn.Module | None:
        if state is None:
            return None
        return _Maker(state.head if isinstance(state, _Maker) else state, codec)

    def predictor(self, state: nn.Module | None) -> nn.Module | None:
        return state.head if isinstance(state, _Maker) else state

    def loss(
        self, codec: Codec, state: nn.Module | None, batch: Batch, at: At
    ) -> tuple[Tensor, Terms]:
        assert isinstance(state, _Maker)
        if state.head.training:
            batch = self.made(state, batch, at)
        return self.supervised.loss(codec, state.head, batch, at)

    def validation(self, codec: Codec, state: nn.Module | None, batch: Batch, at: At) -> Tensor:
        assert isinstance(state, _Maker)
        return self.supervised.validation(codec, state.head, batch, at)

    def made(self, state: _Maker, batch: Batch, at: At) -> Batch:
        """Return a batch whose first rows, the share of them, are made up."""
        assert batch.y is not None
        n = round(self.share * len(batch.x))
        if not n:
            return batch
        generator = at.stream("synthetic")
        with torch.no_grad():
            x, y = self._rows(state, batch.x, batch.y, n, generator)
        observed = batch.observed
        if observed is not None:
            observed = torch.cat([torch.ones_like(observed[:n]), observed[n:]])
        return replace(
            batch,
            x=torch.cat([x.to(batch.x.dtype).view_as(batch.x[:n]), batch.x[n:]]),
            y=torch.cat([y, batch.y[n:]]),
            observed=observed,
        )

    def _rows(
        self, state: _Maker, x: Tensor, y: Tensor, n: int, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        codec = state.maker.codec
        if self.how == "posterior":
            h = x[:n]
            for stage in codec.chain[:-1]:
                h = stage.encode(h)
            mean, spread = latent_of(self, codec).posterior(h)
            own = torch.randn(mean.shape, generator=generator).to(mean)
            z, labels = mean + own * torch.exp(0.5 * spread), y[:n]
        else:
            codes = codec.encode(x)
            other = partners(y, n, generator)
            part = torch.rand(n, generator=generator).to(codes)
            z = torch.lerp(codes[other], codes[:n], part.view(-1, *[1] * (codes.ndim - 1)))
            labels = y[:n]
            if y.is_floating_point():
                labels = torch.lerp(y[other], y[:n], part.view(-1, *[1] * (y.ndim - 1)))
        return drawn(codec.decode_params(z), codec.in_space, 0.0, generator), labels


def partners(y: Tensor, n: int, generator: torch.Generator) -> Tensor:
    """Return for each of the first ``n`` rows another row of its class, drawn at random, or itself
    where it is the only one; for numbers any row."""
    chance = torch.rand(n, len(y), generator=generator).to(y.device)
    if not y.is_floating_point():
        chance = chance * (y[:n, None] == y[None, :])
    alone = torch.zeros(n, len(y), device=y.device)
    alone[torch.arange(n), torch.arange(n)] = 1.0
    chance = chance * (1 - alone) + 1e-9 * alone
    return chance.argmax(1)


class _Maker(nn.Module):
    """A head that learns, and a copy of the stack that makes rows up."""

    def __init__(self, head: nn.Module, codec: Codec) -> None:
        super().__init__()
        self.head = head
        self.maker = Teacher(codec)
