"""LAMB, which torch does not have."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from torch.optim.optimizer import ParamsT


class Lamb(torch.optim.Optimizer):
    """Adam's step, scaled for each parameter to the size of the parameter.

    ``r = m / (sqrt(v) + eps) + decay * w``; ``w -= lr * |w| / |r| * r`` (the ratio is 1 where a
    norm is 0).

    References
    ----------
    You, Li, Reddi et al. (2020), "Large batch optimization for deep learning: training BERT in 76
    minutes".
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-6,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(
            params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        )

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Take one step; the gradients are there already."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._step(parameter, group)

    def _step(self, parameter: torch.Tensor, group: dict[str, Any]) -> None:
        state = self.state[parameter]
        if not state:
            state |= {
                "step": 0,
                "first": torch.zeros_like(parameter),
                "second": torch.zeros_like(parameter),
            }
        state["step"] += 1
        gradient, (b1, b2) = parameter.grad, group["betas"]
        assert gradient is not None
        first = state["first"].lerp_(gradient, 1 - b1) / (1 - b1 ** state["step"])
        second = state["second"].mul_(b2).addcmul_(gradient, gradient, value=1 - b2) / (
            1 - b2 ** state["step"]
        )
        update = first / (second.sqrt() + group["eps"]) + group["weight_decay"] * parameter
        size, length = parameter.norm(), update.norm()
        ratio = torch.where((size > 0) & (length > 0), size / length, torch.ones_like(size))
        parameter.sub_(update * (group["lr"] * ratio))
