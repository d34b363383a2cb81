"""Optimisers by name, with the rate that each one's authors give."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from .._errors import PairingError
from .lamb import Lamb

_Make = Callable[[list[dict[str, Any]], float], torch.optim.Optimizer]

# Momentum is the setting of 'momentum' and 'nesterov' alone. Keras ships Adadelta with a rate of
# 0.001, where Zeiler (2012) has 1.0: with it the tutorial's autoencoder does not train.
_MAKE: dict[str, tuple[float, _Make]] = {
    "adam": (2e-3, lambda groups, m: torch.optim.Adam(groups, fused=True)),
    "adamw": (2e-3, lambda groups, m: torch.optim.AdamW(groups, fused=True)),
    "sgd": (0.1, lambda groups, m: torch.optim.SGD(groups, lr=0.1, fused=True)),
    "momentum": (0.05, lambda groups, m: torch.optim.SGD(groups, lr=0.1, momentum=m, fused=True)),
    "nesterov": (
        0.05,
        lambda groups, m: torch.optim.SGD(groups, lr=0.1, momentum=m, nesterov=m > 0, fused=True),
    ),
    "adagrad": (0.01, lambda groups, m: torch.optim.Adagrad(groups, fused=True)),
    "adadelta": (1.0, lambda groups, m: torch.optim.Adadelta(groups)),
    "rmsprop": (1e-3, lambda groups, m: torch.optim.RMSprop(groups)),
    "lamb": (5e-3, lambda groups, m: Lamb(groups)),
}
OPTIMISERS = tuple(_MAKE)


def default_rate(name: str) -> float:
    """Return the rate that is used when none is given."""
    return _MAKE[name][0]


def make_optimiser(
    name: str, layers: Sequence[tuple[nn.Module, float]], *, momentum: float, weight_decay: float
) -> torch.optim.Optimizer:
    """Return an optimiser; each group keeps its layer's peak rate as ``peak``.

    Parameters
    ----------
    layers : sequence of (module, rate)
        A parameter that several modules hold belongs to the first.
    weight_decay : float
        Applied to parameters of two or more dimensions: not to biases and normalisations.
    """
    # few groups: each costs a call of the kernel at every step
    groups: dict[tuple[float, float], dict[str, Any]] = {}
    for (_, rate), parameters in zip(layers, owned(layers), strict=True):
        for parameter in parameters:
            decay = weight_decay if parameter.ndim >= 2 else 0.0
            own = {"params": [], "peak": rate, "lr": rate, "weight_decay": decay}
            groups.setdefault((rate, decay), own)["params"].append(parameter)
    if not groups:
        raise PairingError(
            "A phase trains stages without a single parameter.",
            "Train them together with others (Joint), or leave them out of the schedule.",
        )
    return _MAKE[name][1](list(groups.values()), momentum)


def set_momentum(optimiser: torch.optim.Optimizer, name: str, momentum: float) -> None:
    """Set the momentum of 'momentum' and 'nesterov'; the others have none, or their own."""
    if name in ("momentum", "nesterov"):
        for group in optimiser.param_groups:
            group["momentum"] = momentum
            group["nesterov"] = name == "nesterov" and momentum > 0


def owned(layers: Sequence[tuple[nn.Module, float]]) -> list[list[nn.Parameter]]:
    """Return the trained parameters of each layer; one that several hold belongs to the first."""
    seen: set[int] = set()
    found: list[list[nn.Parameter]] = []
    for module, _ in layers:
        own = [p for p in module.parameters() if p.requires_grad and id(p) not in seen]
        seen |= {id(p) for p in own}
        found.append(own)
    return found
