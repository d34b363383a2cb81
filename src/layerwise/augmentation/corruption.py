"""Corruptions: augmentations that know which entries they chose; they draw from a given generator
and never touch what they are given."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from .._checks import check_number
from .._errors import PairingError
from .._random import bernoulli
from .._space import Space
from .._spec import register
from .augmentation import Augmentation


class Corruption(Augmentation):
    """Base of the augmentations that change some entries and know which: a frozen value.

    Your own subclass implements ``corrupt``; it is handed a copy, so that it may work in place. Set
    ``leaves_input`` to spare the copy when it never does.
    """

    @abstractmethod
    def corrupt(self, x: Tensor, space: Space, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return the corrupted rows ``(n, *in)`` and a bool tensor ``(n, *in)``: which entries were
        chosen."""

    def view(self, x: Tensor, space: Space, generator: torch.Generator) -> Tensor:
        """Return the corrupted rows, ``(n, *in)``."""
        return self.corrupt(x, space, generator)[0]


@register
@dataclass(frozen=True, repr=False)
class Masking(Corruption):
    """Set entries to 0 with probability ``p``, without rescaling the rest (it is not dropout).

    The one-hot columns of a category are masked together.

    Parameters
    ----------
    p : float, default 0.25
        In [0, 1].

    References
    ----------
    Vincent, Larochelle, Lajoie, Bengio and Manzagol (2010), "Stacked denoising autoencoders".

    Examples
    --------
    >>> import torch
    >>> from layerwise import Masking, Space
    >>> ones, generator = torch.ones(2, 3), torch.Generator()
    >>> corrupted, changed = Masking(1.0).corrupt(ones, Space.of("unit", 3), generator)
    >>> float(corrupted.sum()), bool(changed.all())
    (0.0, True)
    """

    leaves_input: ClassVar[bool] = True

    p: float = 0.25

    def __post_init__(self) -> None:
        check_number(self, "p", self.p, 0.0, 1.0)

    def corrupt(self, x: Tensor, space: Space, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        chosen = _chosen(x, space, self.p, generator)
        return x.masked_fill(chosen, 0.0), chosen


@register
@dataclass(frozen=True, repr=False)
class Gaussian(Corruption):
    """Add noise ``N(0, sigma**2)`` to every entry that is not part of a category.

    Parameters
    ----------
    sigma : float, default 0.3
        Above 0, in the unit of the preprocessed data.

    Raises
    ------
    PairingError
        On data that hold categories alone.

    References
    ----------
    Vincent et al. (2010), "Stacked denoising autoencoders".

    Examples
    --------
    >>> from layerwise import Denoising, Gaussian
    >>> Denoising(Gaussian(0.1))
    Denoising(Gaussian(0.1))
    """

    leaves_input: ClassVar[bool] = True

    sigma: float = 0.3

    def __post_init__(self) -> None:
        check_number(self, "sigma", self.sigma, 0.0, open_low=True)

    def check(self, space: Space) -> None:
        if space.kind == "category" or space.holds("token"):
            what = "tokens" if space.holds("token") else "categories alone"
            raise PairingError(
                f"{self!r} changes numbers; the data hold {what}.",
                "Use Masking or Swap, which know categories.",
            )

    def corrupt(self, x: Tensor, space: Space, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        noise = torch.randn(x.shape, generator=generator).mul_(self.sigma)
        for block, part in space.slices():
            if block.kind == "category":
                noise.flatten(1)[:, part] = 0.0
        noise = noise.to(x.device)
        return x + noise, noise != 0


@register
@dataclass(frozen=True, repr=False)
class SaltAndPepper(Corruption):
    """Set entries, with probability ``p``, to the smallest or the largest value, each half of the
    time.

    The extremes are 0 and 1 for values in [0, 1], else those of the column in the batch.

    Parameters
    ----------
    p : float, default 0.1
        In [0, 1].

    Raises
    ------
    PairingError
        On data with categories, which have no extremes.

    References
    ----------
    Vincent et al. (2010), "Stacked denoising autoencoders".

    Examples
    --------
    >>> import torch
    >>> from layerwise import SaltAndPepper, Space
    >>> rows, generator = torch.full((9, 9), 0.5), torch.Generator().manual_seed(0)
    >>> corrupted, _ = SaltAndPepper(1.0).corrupt(rows, Space.of("unit", 9), generator)
    >>> sorted(set(corrupted.flatten().tolist()))
    [0.0, 1.0]
    """

    leaves_input: ClassVar[bool] = True

    p: float = 0.1

    def __post_init__(self) -> None:
        check_number(self, "p", self.p, 0.0, 1.0)

    def check(self, space: Space) -> None:
        if space.holds("category") or space.holds("token"):
            raise PairingError(
                f"{self!r} sets entries to an extreme value; categories have none.",
                "Use Masking or Swap, which know categories.",
            )

    def corrupt(self, x: Tensor, space: Space, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        chosen = _chosen(x, space, self.p, generator)
        salt = bernoulli(x.shape, 0.5, generator).to(x.device)
        low, high = (
            (0.0, 1.0)
            if space.kind == "unit"
            else (x.amin(0, keepdim=True), x.amax(0, keepdim=True))
        )
        extreme = torch.where(salt, high, low).to(x.dtype)
        return torch.where(chosen, extreme, x), chosen


@register
@dataclass(frozen=True, repr=False)
class Swap(Corruption):
    """Take an entry, with probability ``p``, from another row of the same column of the batch.

    The one-hot columns of a category move together. A single row has no other: it stays as it is.

    Parameters
    ----------
    p : float, default 0.15
        In [0, 1].

    References
    ----------
    Jahrer (2017), first place in Kaggle's Porto Seguro competition ("swap noise", p = 0.15).

    Examples
    --------
    >>> import torch
    >>> from layerwise import Space, Swap
    >>> rows = torch.tensor([[1.0], [2.0]])
    >>> Swap(1.0).corrupt(rows, Space.of("real", 1), torch.Generator())[0].tolist()
    [[2.0], [1.0]]
    """

    leaves_input: ClassVar[bool] = True

    p: float = 0.15

    def __post_init__(self) -> None:
        check_number(self, "p", self.p, 0.0, 1.0)

    def corrupt(self, x: Tensor, space: Space, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        return from_others(x, _chosen(x, space, self.p, generator), space, generator)


def from_others(
    x: Tensor, chosen: Tensor, space: Space, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Return rows whose chosen entries come from another row, each column from its own, and which
    entries do: none of a single row."""
    n = len(x)
    if n < 2:
        return x.clone(), torch.zeros_like(chosen)
    distance = torch.randint(1, n, (n, columns(space)), generator=generator).to(x.device)
    donor = to_features((torch.arange(n, device=x.device)[:, None] + distance) % n, space)  # (n, d)
    return torch.where(chosen, x.flatten(1).gather(0, donor).view_as(x), x), chosen


def _chosen(x: Tensor, space: Space, p: float, generator: torch.Generator) -> Tensor:
    if not _has_categories(space):
        return bernoulli(x.shape, p, generator).to(x.device)
    return to_features(bernoulli((len(x), columns(space)), p, generator).to(x.device), space)


def _has_categories(space: Space) -> bool:
    return space.holds("category")


def columns(space: Space) -> int:
    """Return how many columns a row has, the one-hot ones of a category being one."""
    return sum(1 if block.kind == "category" else block.size for block in space.blocks)


def to_features(by_column: Tensor, space: Space) -> Tensor:
    """Repeat a category's entry over its one-hot columns: ``(n, columns) -> (n, d)``."""
    if not _has_categories(space):
        return by_column
    repeats: Sequence[int] = [
        size
        for block in space.blocks
        for size in ([block.size] if block.kind == "category" else [1] * block.size)
    ]
    return by_column.repeat_interleave(torch.tensor(repeats, device=by_column.device), dim=1)
