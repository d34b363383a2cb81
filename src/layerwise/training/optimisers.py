"""Optimisers by name, with the rate that each one's authors give."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from .._errors import PairingError
from .updates import ADADELTA, ADAGRAD, ADAM, ADAMW, LAMB, RMSPROP, SGD, Group, Optimiser, Update

# Keras ships Adadelta with a rate of 0.001, where Zeiler (2012) has 1.0: with it the tutorial's
# autoencoder does not train.
_MAKE: dict[str, tuple[float, Update]] = {
    "adam": (2e-3, ADAM),
    "adamw": (2e-3, ADAMW),
    "sgd": (0.1, SGD),
    "momentum": (0.05, SGD),
    "nesterov": (0.05, SGD),
    "adagrad": (0.01, ADAGRAD),
    "adadelta": (1.0, ADADELTA),
    "rmsprop": (1e-3, RMSPROP),
    "lamb": (5e-3, LAMB),
}
OPTIMISERS = tuple(_MAKE)


def default_rate(name: str) -> float:
    """Return the rate that is used when none is given."""
    return _MAKE[name][0]


def make_optimiser(
    name: str, layers: Sequence[tuple[nn.Module, float]], *, momentum: float, weight_decay: float
) -> Optimiser:
    """Return an optimiser; each group keeps its layer's peak rate.

    Parameters
    ----------
    layers : sequence of (module, rate)
        A parameter that several modules hold belongs to the first.
    momentum : float
        Of 'momentum' and 'nesterov'.
    weight_decay : float
        Applied to parameters of two or more dimensions: not to biases and normalisations.
    """
    # few groups: each costs a call of the kernel at every step
    groups: dict[tuple[float, float], Group] = {}
    for (_, rate), parameters in zip(layers, owned(layers), strict=True):
        for parameter in parameters:
            decay = weight_decay if parameter.ndim >= 2 else 0.0
            own = groups.setdefault((rate, decay), Group([], rate, decay, rate))
            own.parameters.append(parameter)
    if not groups:
        raise PairingError(
            "A phase trains stages without a single parameter.",
            "Train them together with others (Joint), or leave them out of the schedule.",
        )
    optimiser = Optimiser(list(groups.values()), _MAKE[name][1])
    set_momentum(optimiser, name, momentum)
    return optimiser


def set_momentum(optimiser: Optimiser, name: str, momentum: float) -> None:
    """Set the momentum of 'momentum' and 'nesterov'; the others have none, or their own."""
    if name in ("momentum", "nesterov"):
        for group in optimiser.groups:
            group.momentum = momentum
            group.nesterov = name == "nesterov" and momentum > 0


def owned(layers: Sequence[tuple[nn.Module, float]]) -> list[list[nn.Parameter]]:
    """Return the trained parameters of each layer; one that several hold belongs to the first."""
    seen: set[int] = set()
    found: list[list[nn.Parameter]] = []
    for module, _ in layers:
        own = [p for p in module.parameters() if p.requires_grad and id(p) not in seen]
        seen |= {id(p) for p in own}
        found.append(own)
    return found
