"""One seed, many independent streams.

Every random draw is a function of ``(seed, name, phase, epoch, step)``. Neither the order of calls
nor the number of workers can change it, and torch's global state is never touched.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Generator, Tensor

from ._errors import PairingError

# What scikit-learn takes as an estimator's random_state
RandomState: TypeAlias = int | np.random.RandomState | None


class Keys:
    """Generators keyed by name and position.

    >>> keys = Keys(0)
    >>> a, b = (torch.rand(2, generator=keys.torch("noise", 0, 3)) for _ in range(2))
    >>> bool(torch.equal(a, b))
    True
    """

    def __init__(self, seed: int, *path: object) -> None:
        self.seed = seed
        self.path = path

    def under(self, *path: object) -> Keys:
        """Return the keys of a part: its streams are independent of every other part's."""
        return Keys(self.seed, *self.path, *path)

    def integer(self, *key: object) -> int:
        """Return the 63-bit integer of a key."""
        text = repr((self.seed, *self.path, *key)).encode()
        return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") >> 1

    def torch(self, *key: object) -> Generator:
        """Return torch's generator of a key."""
        return Generator().manual_seed(self.integer(*key))

    def numpy(self, *key: object) -> np.random.Generator:
        """Return numpy's generator of a key."""
        return np.random.default_rng(self.integer(*key))


class Streams:
    """The generators of a phase, one a purpose; each is seeded when a step first asks for it."""

    def __init__(self, keys: Keys | None) -> None:
        self._keys = keys
        self._streams: dict[tuple[object, ...], tuple[int, Generator]] = {}
        self._places: dict[tuple[object, ...], int] = {}

    def at(self, epoch: int, step: int, share: float = 0.0) -> At:
        """Return the context of a step."""
        return At(self, epoch, step, share)

    def named(self, name: tuple[object, ...], place: int) -> Generator:
        """Return the generator of a purpose at a place."""
        if self._keys is None:
            return torch.default_generator
        if name not in self._streams:
            self._streams[name] = self._keys.integer(*name), Generator()
        seed, generator = self._streams[name]
        if self._places.get(name) != place:
            generator.manual_seed((seed + place) % 2**63)
            self._places[name] = place
        return generator


@dataclass(frozen=True, eq=False)
class At:
    """Where a step stands in its phase: its random streams, how much is done, and which tokens are
    seen.

    Every stage and every objective is handed one, and draws from it alone.

    Parameters
    ----------
    streams : Streams
    epoch, step : int
        Counted from 0; the step within its epoch.
    share : float
        How much of the phase is done, in [0, 1): for ramps of a momentum, a temperature, a weight.
    mask : bool Tensor of shape (n, t), optional
        Where rows are tokens: which of them hold something (the others are padding).
    keep : int64 Tensor of shape (n, t'), optional
        Which tokens an encoder is to see; None is all. A stage that reads tokens takes
        ``at.kept(tokens)``.
    instead : (bool Tensor of shape (n, t), Tensor of shape (width,)), optional
        Tokens in whose place an encoder is to see a vector, where they stand. A stage that reads
        tokens takes ``at.replaced(tokens)`` before it says where each stands.

    Examples
    --------
    >>> import torch
    >>> from layerwise import At
    >>> a = torch.rand(1, generator=At.of(0, epoch=0, step=3).noise)
    >>> b = torch.rand(1, generator=At.of(0, epoch=0, step=4).noise)
    >>> bool(a == torch.rand(1, generator=At.of(0, epoch=0, step=3).noise)), bool(a == b)
    (True, False)
    """

    streams: Streams
    epoch: int = 0
    step: int = 0
    share: float = 0.0
    mask: Tensor | None = None
    keep: Tensor | None = None
    instead: tuple[Tensor, Tensor] | None = None

    @staticmethod
    def of(seed: int | Keys, epoch: int = 0, step: int = 0, share: float = 0.0) -> At:
        """Return the context of a step whose streams come from a seed."""
        return Streams(seed if isinstance(seed, Keys) else Keys(seed)).at(epoch, step, share)

    def stream(self, *name: object) -> Generator:
        """Return the generator of a purpose, such as ``at.stream("view", 2)``.

        Streams of different names are independent. Asked for again in the same step, a stream goes
        on where it was.
        """
        place = (self.epoch * 1_000_003 + self.step) * 0x9E3779B97F4A7C15
        return self.streams.named(name, place)

    @property
    def noise(self) -> Generator:
        """Of corruptions and of an objective's own dropout."""
        return self.stream("noise")

    @property
    def dropout(self) -> Generator:
        """Of the dropout inside stages."""
        return self.stream("dropout")

    def seeing(
        self,
        *,
        mask: Tensor | None = None,
        keep: Tensor | None = None,
        instead: tuple[Tensor, Tensor] | None = None,
    ) -> At:
        """Return the same place with other tokens to see; what is not given stays."""
        given: dict[str, Any] = {"mask": mask, "keep": keep, "instead": instead}
        return replace(self, **{name: v for name, v in given.items() if v is not None})

    def replaced(self, tokens: Tensor) -> Tensor:
        """Return tokens ``(n, t, k)`` with a vector in place of those that ``instead`` names."""
        if self.instead is None:
            return tokens
        hidden, vector = self.instead
        return torch.where(hidden[:, :, None], vector.to(tokens.dtype), tokens)

    def kept(self, tokens: Tensor) -> Tensor:
        """Return the tokens that are to be seen, ``(n, t, k) -> (n, t', k)``; all without
        ``keep``."""
        if self.keep is None:
            return tokens
        return tokens.gather(1, self.keep[:, :, None].expand(-1, -1, tokens.shape[2]))

    def valid(self, tokens: Tensor) -> Tensor:
        """Return which of the tokens ``(n, t', k)`` hold something, as a bool tensor ``(n, t')``.

        Raises
        ------
        PairingError
            When there is another number of tokens than the mask knows.
        """
        if self.mask is None:
            return torch.ones(tokens.shape[:2], dtype=torch.bool, device=tokens.device)
        known = self.mask if self.keep is None else self.mask.gather(1, self.keep)
        if known.shape != tokens.shape[:2]:
            raise PairingError(
                f"{tokens.shape[1]} tokens came where {known.shape[1]} were read: which of them "
                "are "
                "padding is not known.",
                "Pool before a stage that changes the number of tokens.",
            )
        return known


BY_HAND = At(Streams(None))  # a module used in a loop of the user's own: torch's generator


@contextlib.contextmanager
def seeded(generator: Generator) -> Iterator[None]:
    """Let torch's own random numbers come from a generator inside the block, and put torch's state
    back after it.

    For stock modules, which take no generator: their initial weights in ``build``, their dropout in
    ``encode``.

    >>> import torch
    >>> from layerwise import seeded
    >>> def made():
    ...     with seeded(torch.Generator().manual_seed(0)):
    ...         return torch.nn.Linear(2, 2).weight
    >>> bool((made() == made()).all())
    True
    """
    seed = int(torch.randint(2**63 - 1, (1,), generator=generator, device="cpu"))
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


def seed_of(random_state: RandomState | np.random.Generator) -> int:
    """Return one integer seed from scikit-learn's ``random_state`` (None, an int, or a numpy
    RandomState)."""
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0])
    if isinstance(random_state, (np.random.RandomState, np.random.Generator)):
        draw = (
            random_state.randint
            if isinstance(random_state, np.random.RandomState)
            else random_state.integers
        )
        return int(draw(2**31 - 1))
    return int(random_state)


def bernoulli(
    shape: tuple[int, ...] | torch.Size, p: float, generator: torch.Generator
) -> torch.Tensor:
    """Return a boolean tensor, True with probability ``p`` to within 2**-16.

    torch's own ``bernoulli_`` costs 8 ns an entry on a CPU; 16 random bits an entry cost a tenth of
    it.
    """
    count = 1
    for size in shape:
        count *= size
    words = torch.empty((count + 3) // 4, dtype=torch.int64).random_(
        -(2**63), None, generator=generator
    )
    lanes = words.view(torch.int16)[:count].view(shape)
    threshold = round(p * 65536) - 32768  # lanes are uniform over -32768 .. 32767
    if threshold > 32767:
        return torch.ones(shape, dtype=torch.bool)
    return lanes < threshold


def bernoulli_of(p: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Return a tensor of zeros and ones, one with the probability of its entry to within 2**-16."""
    words = torch.empty((p.numel() + 3) // 4, dtype=torch.int64).random_(
        -(2**63), None, generator=generator
    )
    lanes = words.view(torch.int16)[: p.numel()].view(p.shape).to(p.device)
    return (lanes < p.float() * 65536 - 32768).to(p.dtype)


def dropout(x: Tensor, p: float, generator: Generator) -> Tensor:
    """Zero entries with probability ``p`` and scale the rest by ``1 / (1 - p)``.

    Srivastava et al. (2014), "Dropout".
    """
    if p == 0.0:
        return x
    kept = bernoulli(x.shape, 1.0 - p, generator).to(x.device)
    return x * kept.to(x.dtype).mul_(1.0 / (1.0 - p))


def beta(n: int, alpha: float, generator: Generator) -> Tensor:
    """Return ``n`` draws from Beta(alpha, alpha), in [0, 1]."""
    seed = int(torch.randint(2**63 - 1, (1,), generator=generator))
    draws = np.random.default_rng(seed).beta(alpha, alpha, n)
    return torch.from_numpy(draws.astype(np.float32))
