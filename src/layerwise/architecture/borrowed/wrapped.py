"""Any torch module as a stage."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..._checks import check_bool, check_int
from ..._errors import PairingError, ParameterError, did_you_mean
from ..._random import BY_HAND, At, seeded
from ..._space import Space
from ..._spec import register
from ..stage import Stage, StageModule, check_numbers

Make = Callable[[], nn.Module]
_MADE: dict[str, Make] = {}


def register_encoder(name: str) -> Callable[[Make], Make]:
    """Let :class:`Wrapped` take a module of yours by name.

    The function returns the module with the weights that it begins with. A model folder keeps the
    name and the weights; whoever loads it must have registered the function too.

    Parameters
    ----------
    name : str

    Raises
    ------
    ParameterError
        When the name is taken.

    Examples
    --------
    >>> import torch
    >>> from layerwise import Stack, Wrapped, register_encoder
    >>> @register_encoder("two layers")
    ... def two_layers():
    ...     return torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU())
    >>> Stack(Wrapped("two layers"))
    Stack(Wrapped('two layers'))
    """

    def named(make: Make) -> Make:
        known = _MADE.get(name)
        if known is not None and known.__module__ != make.__module__:
            raise ParameterError(
                f"The encoder {name!r} is taken by {known.__module__}.", "Choose another name."
            )
        _MADE[name] = make
        return make

    return named


@register
@dataclass(frozen=True, repr=False)
class Wrapped(Stage):
    """A module that somebody registered, as a stage that only encodes.

    Parameters
    ----------
    name : str
        As it was given to :func:`register_encoder`.
    size : int, optional
        The side to which images are brought, by bicubic interpolation.
    mean, deviation : tuple of float
        Of the pixels of each channel; they are subtracted and divided by.
    weights : bool, default True
        Whether the module keeps the weights that it comes with; otherwise every part is given
        random ones by its own ``reset_parameters``, as a control arm has.

    Raises
    ------
    ParameterError
        When nothing of that name is registered.
    PairingError
        When built on tokens, or when the module does not return one tensor a row.

    Notes
    -----
    Places of an image that the module returns, ``(n, k, h, w)``, become their mean.

    Examples
    --------
    >>> import torch
    >>> from layerwise import Stack, Wrapped, register_encoder
    >>> @register_encoder("one filter")
    ... def one_filter():
    ...     return torch.nn.Conv2d(3, 6, 3)
    >>> Stack(Wrapped("one filter", size=32), in_shape=(3, 16, 16))
    Stack(Wrapped('one filter', size=32), in_shape=(3, 16, 16))
    """

    takes_images: ClassVar[bool] = False

    name: str
    _: KW_ONLY
    size: int | None = None
    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()
    weights: bool = True

    def __post_init__(self) -> None:
        check_int(self, "size", self.size, 1, optional=True)
        check_bool(self, "weights", self.weights)
        for name in ("mean", "deviation"):
            object.__setattr__(self, name, tuple(float(v) for v in getattr(self, name)))
        if len(self.mean) != len(self.deviation) or any(d <= 0 for d in self.deviation):
            raise ParameterError(
                "The 'mean' and 'deviation' parameters of Wrapped must have one number a channel "
                f"each, deviations above 0. Got {self.mean!r} and {self.deviation!r} instead."
            )
        if self.name not in _MADE:
            raise ParameterError(
                f"No encoder {self.name!r} is registered.",
                did_you_mean(self.name, list(_MADE)) if _MADE else "Use register_encoder(NAME).",
            )

    def with_best_init(self) -> Wrapped:
        """Return the same module with random weights."""
        return Wrapped(
            self.name, size=self.size, mean=self.mean, deviation=self.deviation, weights=False
        )

    def build(self, in_space: Space, generator: torch.Generator) -> WrappedEncoder:
        check_numbers(self, in_space)
        if (self.size or self.mean) and len(in_space.shape) != 3:
            raise PairingError(
                f"{self!r} takes images; its input has the shape {in_space.shape}.",
                "Give images (channels, height, width), or leave size and mean out.",
            )
        return WrappedEncoder(self, in_space, generator)


class WrappedEncoder(StageModule):
    """The built form of :class:`Wrapped`: the ``module``."""

    block_rows: ClassVar[int] = 32

    def __init__(self, stage: Wrapped, in_space: Space, generator: torch.Generator) -> None:
        with warnings.catch_warnings(), seeded(generator):
            warnings.filterwarnings("ignore", ".*copying from a non-meta parameter")
            module = _MADE[stage.name]()
            if not stage.weights:
                for part in module.modules():
                    reset = getattr(part, "reset_parameters", None)
                    if callable(reset):
                        reset()
        nn.Module.__init__(self)
        self.stage = stage
        self.module: nn.Module = module.eval()
        like = next(iter(module.parameters()), torch.empty(0))
        with torch.no_grad():
            code = self.encode(torch.zeros(2, *in_space.shape, device=like.device))
        if not isinstance(code, Tensor) or code.dim() < 2 or len(code) != 2:
            raise PairingError(
                f"{stage!r} returns {getattr(code, 'shape', type(code).__name__)} for 2 rows.",
                "Let the module return one tensor (n, k) or (n, k, h, w).",
            )
        self.in_space, self.code_space = in_space, Space.of("real", *code.shape[1:])

    def encode(self, x: Tensor, at: At = BY_HAND) -> Tensor:
        """``(n, *in) -> (n, *code)``."""
        stage = self.stage
        if stage.size is not None and x.shape[2:] != (stage.size, stage.size):
            x = F.interpolate(x, (stage.size, stage.size), mode="bicubic", antialias=True)
        if stage.mean:
            x = x - x.new_tensor(stage.mean)[:, None, None]
            x = x / x.new_tensor(stage.deviation)[:, None, None]
        with seeded(at.dropout) if self.training and at is not BY_HAND else nullcontext():
            code = self.module(x)
        return code.mean((2, 3)) if isinstance(code, Tensor) and code.dim() == 4 else code
