"""Corruptions of the input; they draw from a given generator and never touch what they are
given."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from .._contracts import Space
from .._errors import PairingError
from .._random import bernoulli
from .._spec import Spec, check_int, check_kind, check_number, register


class Corruption(Spec, ABC):
    """Base of the corruptions: a frozen value.

    Your own subclass implements ``corrupt``; it is handed a copy, so that it may work in place. Set
    ``leaves_input`` to spare the copy when it never does.
    """

    leaves_input: ClassVar[bool] = False

    @abstractmethod
    def corrupt(self, x: Tensor, space: Space, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return the corrupted rows ``(n, *in)`` and a bool tensor ``(n, *in)``: which entries were
        chosen."""

    def check(self, space: Space) -> None:
        """Raise PairingError where this corruption has no meaning."""


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
        if space.kind == "category":
            raise PairingError(
                f"{self!r} changes numbers; the data hold categories alone.",
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
        if any(block.kind == "category" for block in space.blocks):
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
        n = len(x)
        chosen = _chosen(x, space, self.p, generator)
        if n < 2:
            return x.clone(), torch.zeros_like(chosen)
        distance = torch.randint(1, n, (n, _columns(space)), generator=generator).to(x.device)
        donor = _to_features(
            (torch.arange(n, device=x.device)[:, None] + distance) % n, space
        )  # (n, d)
        return torch.where(chosen, x.flatten(1).gather(0, donor).view_as(x), x), chosen


@register
@dataclass(frozen=True, repr=False)
class Patches(Corruption):
    """Set squares of an image to 0 in all channels, so that about a share ``p`` of its pixels is
    gone.

    Squares lie at random places and may overlap and hang over the edge.

    Parameters
    ----------
    p : float, default 0.25
        Expected share of masked pixels, in [0, 1).
    size : int, default 4
        Side of a square, in pixels.

    Raises
    ------
    PairingError
        On rows that are not images.

    References
    ----------
    Pathak, Krahenbuhl, Donahue, Darrell and Efros (2016), "Context encoders: feature learning by
    inpainting".

    Examples
    --------
    >>> from layerwise import Denoising, Patches
    >>> Denoising(Patches(0.3, 5))
    Denoising(Patches(0.3, 5))
    """

    leaves_input: ClassVar[bool] = True

    p: float = 0.25
    size: int = 4

    def __post_init__(self) -> None:
        check_number(self, "p", self.p, 0.0, 0.999)
        check_int(self, "size", self.size, 1)

    def check(self, space: Space) -> None:
        if len(space.shape) != 3:
            raise PairingError(
                f"{self!r} masks squares of an image; a row has the shape {space.shape}.",
                "Say Stack(..., in_shape=(1, 28, 28)), give 4-D arrays, or use Masking.",
            )

    def corrupt(self, x: Tensor, space: Space, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        n, _, height, width = x.shape
        corner = 1.0 - (1.0 - self.p) ** (
            1.0 / self.size**2
        )  # a pixel stays when none of size**2 corners is drawn
        places = (n, 1, height + self.size - 1, width + self.size - 1)
        corners = (
            bernoulli(places, corner, generator).float()
            if corner >= 2**-12
            else _rare(places, corner, generator)
        )
        chosen = (
            torch.nn.functional.max_pool2d(corners.to(x.device), self.size, stride=1)
            .bool()
            .expand_as(x)
        )
        return x.masked_fill(chosen, 0.0), chosen


@register
@dataclass(frozen=True, repr=False, init=False)
class Compose(Corruption):
    """Several corruptions, one after another.

    >>> from layerwise import Compose, Gaussian, Masking
    >>> Compose(Masking(0.1), Gaussian(0.2))
    Compose(Masking(0.1), Gaussian(0.2))
    """

    leaves_input: ClassVar[bool] = True

    corruptions: tuple[Corruption, ...]

    def __init__(self, *corruptions: Corruption) -> None:
        for corruption in corruptions:
            check_kind(
                self, "corruptions", corruption, Corruption, "corruptions such as Masking(0.25)"
            )
        object.__setattr__(self, "corruptions", tuple(corruptions))

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Self:
        return cls(*fields["corruptions"])

    def check(self, space: Space) -> None:
        for corruption in self.corruptions:
            corruption.check(space)

    def corrupt(self, x: Tensor, space: Space, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        changed = torch.zeros_like(x, dtype=torch.bool)
        for corruption in self.corruptions:
            x, chosen = corruption.corrupt(
                x if corruption.leaves_input else x.clone(), space, generator
            )
            changed = changed | chosen
        return x, changed

    def __repr__(self) -> str:
        return f"Compose({', '.join(map(repr, self.corruptions))})"


def _rare(shape: tuple[int, ...], p: float, generator: torch.Generator) -> Tensor:
    return (torch.rand(shape, generator=generator, dtype=torch.float64) < p).float()


def _chosen(x: Tensor, space: Space, p: float, generator: torch.Generator) -> Tensor:
    if not _has_categories(space):
        return bernoulli(x.shape, p, generator).to(x.device)
    return _to_features(bernoulli((len(x), _columns(space)), p, generator).to(x.device), space)


def _has_categories(space: Space) -> bool:
    return any(block.kind == "category" for block in space.blocks)


def _columns(space: Space) -> int:
    return sum(1 if block.kind == "category" else block.size for block in space.blocks)


def _to_features(by_column: Tensor, space: Space) -> Tensor:
    """Repeat a category's entry over its one-hot columns: ``(n, columns) -> (n, d)``."""
    if not _has_categories(space):
        return by_column
    repeats: Sequence[int] = [
        size
        for block in space.blocks
        for size in ([block.size] if block.kind == "category" else [1] * block.size)
    ]
    return by_column.repeat_interleave(torch.tensor(repeats, device=by_column.device), dim=1)
