"""LAMB, which torch does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from .updates import Group

B1, B2, EPS = 0.9, 0.999, 1e-6


def lamb(
    group: Group,
    parameters: list[Tensor],
    gradients: list[Tensor],
    first: list[Tensor],
    second: list[Tensor],
    steps: list[Tensor],
) -> None:
    """Take Adam's step, scaled for each parameter to the size of the parameter.

    ``r = m / (sqrt(v) + eps) + decay * w``; ``w -= lr * |w| / |r| * r`` (the ratio is 1 where a
    norm is 0).

    References
    ----------
    You, Li, Reddi et al. (2020), "Large batch optimization for deep learning: training BERT in 76
    minutes".
    """
    for w, g, m, v, n in zip(parameters, gradients, first, second, steps, strict=True):
        step = int(n.add_(1))
        mean = m.lerp_(g, 1 - B1) / (1 - B1**step)
        square = v.mul_(B2).addcmul_(g, g, value=1 - B2) / (1 - B2**step)
        update = mean / (square.sqrt() + EPS) + group.weight_decay * w
        size, length = w.norm(), update.norm()
        ratio = torch.where((size > 0) & (length > 0), size / length, torch.ones_like(size))
        w.sub_(update * (group.rate * ratio))
