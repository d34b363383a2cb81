"""One seed, many independent streams.

Every random draw is a function of ``(seed, name, phase, epoch, step)``. Neither the order of calls
nor the number of workers can change it, and torch's global state is never touched.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import torch
from torch import Generator


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


class Draws:
    """The generators of one step, one stream a purpose; a stream is seeded when a step first asks
    for it.

    >>> draws = Draws(Keys(0))
    >>> a = torch.rand(1, generator=draws.at(0, 3).noise)
    >>> b = torch.rand(1, generator=draws.at(0, 4).noise)
    >>> bool(a == torch.rand(1, generator=draws.at(0, 3).noise)), bool(a == b)
    (True, False)
    """

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._streams: dict[str, tuple[int, Generator]] = {}
        self._position = 0
        self._fresh: set[str] = set()

    def at(self, epoch: int, step: int) -> Draws:
        """Move to a step."""
        self._position = (epoch * 1_000_003 + step) * 0x9E3779B97F4A7C15
        self._fresh.clear()
        return self

    @property
    def noise(self) -> Generator:
        """Of corruptions and of an objective's own dropout."""
        return self._stream("noise")

    @property
    def dropout(self) -> Generator:
        """Of the dropout inside stages."""
        return self._stream("dropout")

    def _stream(self, name: str) -> Generator:
        if name not in self._streams:
            self._streams[name] = self._keys.integer(name), Generator()
        seed, generator = self._streams[name]
        if name not in self._fresh:
            generator.manual_seed((seed + self._position) % 2**63)
            self._fresh.add(name)
        return generator


def seed_of(random_state: Any) -> int:
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


def dropout(x: torch.Tensor, p: float, generator: torch.Generator | None) -> torch.Tensor:
    """Zero entries with probability ``p`` and scale the rest by ``1 / (1 - p)``.

    Srivastava et al. (2014), "Dropout". Without a generator (a module used by hand in another loop)
    torch's own is used.
    """
    if p == 0.0:
        return x
    if generator is None:
        return torch.nn.functional.dropout(x, p)
    kept = bernoulli(x.shape, 1.0 - p, generator).to(x.device)
    return x * kept.to(x.dtype).mul_(1.0 / (1.0 - p))
