"""Rows drawn from what a decoder says of them."""

from __future__ import annotations

import torch
from torch import Tensor

from .._space import Space
from .activations import apply_link


def drawn(params: Tensor, space: Space, noise: float, generator: torch.Generator) -> Tensor:
    """Return rows of a space from a decoder's raw outputs, ``(n, p) -> (n, d)``.

    A category is drawn by its probabilities, so that rare levels come as often as they should. Real
    values of a table are drawn around their means with a standard deviation ``noise``; pixels and
    values in [0, 1] are their means.
    """
    rows = with_levels(apply_link(params, space), space, generator)
    for block, part in space.slices():
        if block.kind == "real" and len(space.shape) == 1 and noise > 0:
            own = torch.randn(rows[:, part].shape, generator=generator).to(rows)
            rows[:, part] += noise * own
    return rows


def with_levels(means: Tensor, space: Space, generator: torch.Generator) -> Tensor:
    """Return means of rows with each category drawn by its probabilities, ``(n, d) -> (n, d)``."""
    rows = means.clone()
    for block, part in space.slices():
        if block.kind == "category":
            p = rows[:, part].cpu()
            level = torch.multinomial(p.clamp_min(0) + 1e-12, 1, generator=generator)
            hot = torch.zeros_like(p).scatter_(1, level, 1.0)
            rows[:, part] = hot.to(rows)
    return rows
