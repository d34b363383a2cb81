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


def variety(shares: Tensor) -> Tensor:
    """Return how many classes probabilities ``(n, classes)`` are spread over: ``exp(entropy of
    their mean)``, from 1 to the number of classes.

    >>> float(variety(torch.eye(4)).round(decimals=3)), float(variety(torch.eye(4)[:1]))
    (4.0, 1.0)
    """
    mean = shares.detach().float().mean(0)
    return torch.exp(-torch.xlogy(mean, mean).sum())


def guessed(shares: Tensor, y: Tensor | None) -> dict[str, Tensor]:
    """Return over how many classes probabilities ``(n, classes)`` of rows without labels are
    spread, less one, by those of the labels ``(m,)`` beside them, less one, as a term for the
    history: 0 where all rows are guessed to be of one class. Nothing for numbers, and for labels of
    one class.

    >>> guessed(torch.tensor([[1.0, 0.0]]), torch.tensor([0, 1]))
    {'classes_guessed': tensor(0.)}
    >>> guessed(torch.zeros(2, 1), torch.zeros(2)), guessed(torch.eye(2), torch.zeros(3).long())
    ({}, {})
    """
    if y is None or y.is_floating_point() or not len(y) or bool((y == y[0]).all()):
        return {}
    labels = variety(F.one_hot(y, shares.shape[1]))
    return {"classes_guessed": (variety(shares) - 1.0) / (labels - 1.0)}


def ranked(z: Tensor, step: int) -> dict[str, Tensor]:
    """Return the rank as a term for the history at every tenth step: it costs more than a mean."""
    whole = step % EVERY == 0 and bool(torch.isfinite(z).all())  # the loss says where it is not
    return {"rank": effective_rank(z)} if whole else {}


def measured(z: Tensor, step: int) -> dict[str, Tensor]:
    """Return spread and rank as terms for the history."""
    return {"spread": spread(z)} | ranked(z, step)
