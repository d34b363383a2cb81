"""What the rooms may assume of one another.

Letters: ``n`` rows, ``d`` features, ``k`` code size, ``c h w`` an image.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor, nn

from ._random import BY_HAND, At
from ._space import Block, Space


@dataclass(frozen=True)
class Batch:
    """Some rows on their way through a loss.

    Parameters
    ----------
    x : Tensor of shape (n, *in)
    y : Tensor of shape (n,) or (n, outputs), optional
        Class indices or standardised targets.
    observed : bool Tensor of shape (n, d), optional
        False where a cell was missing.
    weight : Tensor of shape (n,), optional
    rows : int array of shape (n,), optional
        Where the rows stand in their source.
    other : Batch, optional
        The unlabelled rows drawn beside these (see ``Mix``).

    Examples
    --------
    >>> import torch
    >>> from layerwise import Batch
    >>> Batch(torch.zeros(2, 3)).y is None
    True
    """

    x: Tensor
    y: Tensor | None = None
    observed: Tensor | None = None
    weight: Tensor | None = None
    rows: np.ndarray | None = None
    other: Batch | None = None

    def to(self, device: torch.device) -> Batch:
        """Return the batch on a device."""
        if device.type == "cpu":
            return self
        moved: dict[str, Any] = {
            name: v.to(device) for name, v in vars(self).items() if isinstance(v, (Tensor, Batch))
        }
        return replace(self, **moved)


class Encoder(Protocol):
    """``encode(x, at)``: ``(n, *in) -> (n, *code)``."""

    in_space: Space
    training: bool

    @property
    def code_space(self) -> Space: ...

    @property
    def decodes(self) -> bool: ...

    def encode(self, x: Tensor, at: At = BY_HAND) -> Tensor: ...

    def jacobian_norm(self, x: Tensor, at: At = BY_HAND) -> Tensor: ...

    def train(self, mode: bool = True) -> Any: ...

    def eval(self) -> Any: ...

    def parameters(self) -> Iterator[nn.Parameter]: ...

    def modules(self) -> Iterator[nn.Module]: ...


class Floor(Encoder, Protocol):
    """A built stage, as objectives see it."""

    def layers(self) -> list[nn.Module]: ...

    def decode_params(self, z: Tensor) -> Tensor: ...

    def encode_traced(self, x: Tensor, at: At = BY_HAND) -> tuple[Tensor, Any]: ...

    def energy_view(self) -> EnergyCodec | None: ...

    def ladder_view(self) -> LadderLayer | None: ...

    def latent_view(self) -> LatentFloor | None: ...

    def patch_view(self) -> PatchLayer | None: ...

    def token_view(self) -> TokenLayer | None: ...


class Codec(Encoder, Protocol):
    """The slice of a stack that is trained; ``decode_params`` stops before the link, ``decode``
    applies it."""

    at_input: bool

    @property
    def chain(self) -> Sequence[Floor]: ...

    @property
    def depth(self) -> int: ...

    def decode_params(self, z: Tensor) -> Tensor: ...

    def decode(self, z: Tensor) -> Tensor: ...

    def descend(self, z: Tensor, traces: Sequence[object]) -> Tensor: ...

    def reconstruct_params(self, x: Tensor, at: At = BY_HAND) -> Tensor: ...

    def link(self, params: Tensor) -> Tensor: ...

    def reading(self, x: Tensor, at: At) -> At: ...

    def trimmed(self, x: Tensor) -> Tensor: ...


class EnergyCodec(Protocol):
    """A tied stage as a restricted Boltzmann machine: visible units ``(n, d)``, hidden units ``(n,
    k)``.

    ``hidden_units`` is 'binary', 'gaussian' or 'rectified'; ``visible_units`` names the units of
    each block of the input.
    """

    hidden_units: str
    visible_units: tuple[str, ...]

    def hidden(self, v: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]: ...

    def visible(self, h: Tensor) -> Tensor: ...

    def sample_visible(self, mean: Tensor, generator: torch.Generator) -> Tensor: ...

    def energy(self, v: Tensor, h: Tensor, weight: Tensor | None = None) -> Tensor: ...

    def free_energy(self, v: Tensor) -> Tensor: ...


class LadderLayer(Protocol):
    """A layer whose batch normalisation lies open: ``code = activate(normalise(project(x)))``.

    ``remember`` takes the moments of a batch into those of evaluation mode.
    """

    def project(self, x: Tensor) -> Tensor: ...

    def activate(self, z: Tensor) -> Tensor: ...

    def remember(self, mean: Tensor, variance: Tensor) -> None: ...


class LatentFloor(Protocol):
    """A stage whose codes are normal distributions.

    ``posterior`` returns their means and log variances, ``(n, *in) -> (n, k)`` each; ``log_noise``
    is that of the deviation of the data's real values around what is decoded.
    """

    log_noise: Tensor

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]: ...


class PatchLayer(Protocol):
    """A stage that cuts images into ``count`` patches.

    ``patches`` returns their pixels, ``(n, c, h, w) -> (n, count, p)``; ``positions_of(width)``
    their fixed positions, ``(count, width)``.
    """

    count: int

    def patches(self, x: Tensor) -> Tensor: ...

    def positions_of(self, width: int) -> Tensor: ...


class TokenLayer(Protocol):
    """A stage that reads a row as at most ``count`` tokens.

    ``meanings`` has a block for each: what it stands for; ``meaning`` returns that of rows, ``(n,
    *in) -> (n, d)``. ``others`` returns rows whose tokens could stand in their place, and
    ``exchanged`` rows with the tokens of others in some places, ``where`` ``(n, t)``.
    """

    count: int

    @property
    def meanings(self) -> tuple[Block, ...]: ...

    def meaning(self, x: Tensor) -> Tensor: ...

    def others(self, x: Tensor, generator: torch.Generator) -> Tensor: ...

    def exchanged(self, x: Tensor, others: Tensor, where: Tensor) -> Tensor: ...


@runtime_checkable
class Source(Protocol):
    """Rows that can be taken by index: a number of rows, their space, and ``take``.

    ``take`` makes a Batch. A source around another one changes the batch that the inner one gives
    with ``dataclasses.replace``, so that nothing of a row is lost on the way.
    """

    @property
    def space(self) -> Space: ...

    def __len__(self) -> int: ...

    def take(self, rows: np.ndarray) -> Batch: ...
