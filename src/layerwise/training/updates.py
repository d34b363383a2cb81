"""A step of each optimiser, by torch's own functions.

torch's classes call the same functions, and import its compiler first: seconds in every process
that trains anything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import Parameter
from torch.optim import adadelta, adagrad, adam, rmsprop, sgd

from .lamb import lamb


@dataclass
class Group:
    """Parameters with one rate."""

    parameters: list[Parameter]
    peak: float
    weight_decay: float
    rate: float
    momentum: float = 0.0
    nesterov: bool = False


Tensors = list[Tensor]
_Step = Callable[..., None]
_Slot = Callable[[Parameter], Tensor]


@dataclass(frozen=True)
class Update:
    """A step, and what it remembers of a parameter."""

    step: _Step
    slots: tuple[_Slot, ...] = ()


class Optimiser:
    """Groups of parameters, and the update that all of them take."""

    def __init__(self, groups: list[Group], update: Update) -> None:
        self.groups, self.update = groups, update
        self._kept: dict[Parameter, tuple[Tensor, ...]] = {}

    @property
    def parameters(self) -> list[Parameter]:
        return [p for group in self.groups for p in group.parameters]

    def zero_grad(self) -> None:
        for parameter in self.parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Take one step; a parameter without a gradient stays as it is."""
        for group in self.groups:
            moved = [p for p in group.parameters if p.grad is not None]
            if moved:
                kept = zip(*(self._of(p) for p in moved), strict=True)
                self.update.step(group, moved, [p.grad for p in moved], *map(list, kept))

    def tree(self) -> list[list[Tensor] | None]:
        """Return what is remembered of each parameter, for a checkpoint."""
        return [list(self._kept[p]) if p in self._kept else None for p in self.parameters]

    @torch.no_grad()
    def restore(self, found: list[list[Tensor] | None]) -> None:
        """Remember what was kept."""
        for parameter, kept in zip(self.parameters, found, strict=True):
            if kept is not None:
                for slot, value in zip(self._of(parameter), kept, strict=True):
                    slot.copy_(value)

    def _of(self, parameter: Parameter) -> tuple[Tensor, ...]:
        if parameter not in self._kept:
            self._kept[parameter] = tuple(make(parameter) for make in self.update.slots)
        return self._kept[parameter]


def _count(parameter: Parameter) -> Tensor:  # fused kernels count where the parameter is
    return torch.zeros((), dtype=torch.float32, device=parameter.device)


def _count_here(parameter: Parameter) -> Tensor:  # the others, in Python
    return torch.zeros((), dtype=torch.float32)


def _own(group: Group) -> dict[str, Any]:
    return {"lr": group.rate, "weight_decay": group.weight_decay, "maximize": False}


def _adam(decoupled: bool) -> _Step:
    more: dict[str, Any] = {"fused": True, "decoupled_weight_decay": decoupled, "amsgrad": False}

    def step(
        group: Group, p: Tensors, g: Tensors, first: Tensors, second: Tensors, n: Tensors
    ) -> None:
        adam.adam(
            p, g, first, second, [], n, beta1=0.9, beta2=0.999, eps=1e-8, **more, **_own(group)
        )

    return step


def _sgd(group: Group, p: Tensors, g: Tensors, velocity: Tensors) -> None:
    moment: dict[str, Any] = {"momentum": group.momentum, "nesterov": group.nesterov}
    kept: list[Tensor | None] = list(velocity)
    sgd.sgd(p, g, kept, fused=True, dampening=0.0, **moment, **_own(group))


def _adagrad(group: Group, p: Tensors, g: Tensors, sums: Tensors, n: Tensors) -> None:
    adagrad.adagrad(p, g, sums, n, fused=True, lr_decay=0.0, eps=1e-10, **_own(group))


def _adadelta(
    group: Group, p: Tensors, g: Tensors, squares: Tensors, moves: Tensors, n: Tensors
) -> None:
    adadelta.adadelta(p, g, squares, moves, n, rho=0.9, eps=1e-6, **_own(group))


def _rmsprop(group: Group, p: Tensors, g: Tensors, squares: Tensors, n: Tensors) -> None:
    more: dict[str, Any] = {"momentum": 0.0, "centered": False}
    rmsprop.rmsprop(p, g, squares, [], [], n, alpha=0.99, eps=1e-8, **more, **_own(group))


_zeros = torch.zeros_like
ADAM = Update(_adam(decoupled=False), (_zeros, _zeros, _count))
ADAMW = Update(_adam(decoupled=True), (_zeros, _zeros, _count))
SGD = Update(_sgd, (_zeros,))
ADAGRAD = Update(_adagrad, (_zeros, _count))
ADADELTA = Update(_adadelta, (_zeros, _zeros, _count_here))
RMSPROP = Update(_rmsprop, (_zeros, _count_here))
LAMB = Update(lamb, (_zeros, _zeros, _count_here))
