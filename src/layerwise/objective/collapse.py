"""How much of their space embeddings fill: a network that answers the same to all has collapsed."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

EVERY = 10  # steps between two measurements of the rank


def spread(z: Tensor) -> Tensor:
    """Return the mean over features of the standard deviation of embeddings ``(n, k)`` of length 1,
    times sqrt(k): 1 where they point everywhere alike, 0 where all point the same way.

    >>> float(spread(torch.eye(64)).round(decimals=1)), float(spread(torch.ones(8, 4)))
    (1.0, 0.0)
    """
    z = F.normalize(z.detach().float(), dim=1)
    return z.std(0, correction=0).mean() * z.shape[1] ** 0.5


def effective_rank(z: Tensor) -> Tensor:
    """Return ``exp(entropy of the normalised singular values)`` of embeddings ``(n, k)``: from 1 to
    k.

    Roy and Vetterli (2007), "The effective rank: a measure of effective dimensionality".

    >>> float(effective_rank(torch.eye(8)).round(decimals=3))
    8.0
    """
    z = z.detach().float()
    gram = z.T @ z if len(z) >= z.shape[1] else z @ z.T
    values = torch.linalg.eigvalsh(gram).clamp_min(0.0).sqrt()
    share = values / values.sum().clamp_min(1e-12)
    return torch.exp(-torch.xlogy(share, share).sum())


def ranked(z: Tensor, step: int) -> dict[str, Tensor]:
    """Return the rank as a term for the history at every tenth step: it costs more than a mean."""
    whole = step % EVERY == 0 and bool(torch.isfinite(z).all())  # the loss says where it is not
    return {"rank": effective_rank(z)} if whole else {}


def measured(z: Tensor, step: int) -> dict[str, Tensor]:
    """Return spread and rank as terms for the history."""
    return {"spread": spread(z)} | ranked(z, step)
