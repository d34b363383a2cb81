"""Initial weights by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from .._errors import ParameterError, did_you_mean
from .activations import SATURATING

# Martens 2010, "Deep learning via Hessian-free optimization": 15 incoming weights N(0, 1) per unit
SPARSE_CONNECTIONS = 15

_Fill = Callable[[Tensor, torch.Generator], object]
_NAMED: dict[str, _Fill] = {
    "glorot_uniform": lambda w, g: nn.init.xavier_uniform_(w, generator=g),
    "glorot_normal": lambda w, g: nn.init.xavier_normal_(w, generator=g),
    "he_uniform": lambda w, g: nn.init.kaiming_uniform_(w, nonlinearity="relu", generator=g),
    "he_normal": lambda w, g: nn.init.kaiming_normal_(w, nonlinearity="relu", generator=g),
    "lecun_normal": lambda w, g: nn.init.kaiming_normal_(w, nonlinearity="linear", generator=g),
    "orthogonal": lambda w, g: nn.init.orthogonal_(w, generator=g),
    "sparse": lambda w, g: _sparse(w, g),
}
INITIALISERS = ("auto", *_NAMED, "normal(std)", "uniform(a)")
_SCALED = re.compile(r"(normal|uniform)\(([0-9.eE+-]+)\)")


def initialise(weight: Tensor, name: str, activation: str, generator: torch.Generator) -> None:
    """Fill a weight of shape (k, d) or (k, c, h, w) in place.

    ``auto`` keeps the variance of the signal through the layer: He et al. (2015) for rectifiers,
    which halve it, Glorot and Bengio (2010) for the others.
    """
    if weight.is_meta:  # a model folder brings its own weights
        return
    if name == "auto":
        name = "glorot_uniform" if activation in SATURATING else "he_uniform"
    with torch.no_grad():
        scaled = _scale_of(name)
        if scaled is None:
            _NAMED[name](weight, generator)
        elif scaled[0] == "normal":
            weight.normal_(0.0, scaled[1], generator=generator)
        else:
            weight.uniform_(-scaled[1], scaled[1], generator=generator)


Layer = TypeVar("Layer", bound=nn.Module)


def bare(kind: type[Layer], *given: Any, **settings: Any) -> Layer:
    """Return a stock module whose weights are yet to be set; loading makes it on the meta device.

    ``torch.nn.utils.skip_init`` does so too, and imports torch's shapes in symbols for it: most of
    a second in every process.

    >>> bare(nn.Linear, 2, 3)
    Linear(in_features=2, out_features=3, bias=True)
    """
    made = type(kind.__name__, (kind,), {"reset_parameters": lambda self: None})
    layer: Layer = made(*given, **settings)
    layer.__class__ = kind
    return layer


def linear(
    inputs: int, outputs: int, generator: torch.Generator, init: str = "glorot_uniform"
) -> nn.Linear:
    """Return an affine map ``(n, inputs) -> (n, outputs)`` whose bias is zero."""
    layer = bare(nn.Linear, inputs, outputs)
    initialise(layer.weight, init, "linear", generator)
    nn.init.zeros_(layer.bias)
    return layer


def check_initialiser(owner: object, name: object) -> None:
    """Raise unless the name is known."""
    if not isinstance(name, str) or (
        name != "auto" and name not in _NAMED and _scale_of(name) is None
    ):
        raise ParameterError(
            f"The 'init' parameter of {type(owner).__name__} must be an initialiser. Got {name!r} "
            "instead.",
            did_you_mean(name, INITIALISERS),
        )


def _scale_of(name: str) -> tuple[str, float] | None:
    match = _SCALED.fullmatch(name)
    if match is None:
        return None
    try:
        return match[1], float(match[2])
    except ValueError:
        return None


def _sparse(weight: Tensor, generator: torch.Generator) -> None:
    weight.zero_()
    units, inputs = len(weight), weight[0].numel()
    connections = min(SPARSE_CONNECTIONS, inputs)
    order = torch.rand((units, inputs), generator=generator).argsort(dim=1)[
        :, :connections
    ]  # (k, 15)
    weight.view(units, inputs).scatter_(
        1, order, torch.randn(units, connections, generator=generator)
    )
