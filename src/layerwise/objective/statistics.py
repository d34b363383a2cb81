"""Moments over the rows of a batch, weighted."""

from __future__ import annotations

import torch
from torch import Tensor

from .objective import weighted_mean


def centred(z: Tensor, weight: Tensor | None) -> Tensor:
    """Return embeddings ``(n, k)`` less their mean."""
    return z - weighted_mean(z, weight)


def covariance(a: Tensor, b: Tensor, weight: Tensor | None) -> Tensor:
    """Return ``(k, k)``: the mean over the rows of the products of centred features, divided by n
    rather than n - 1."""
    if weight is None:
        return a.T @ b / len(a)
    return (a * weight[:, None]).T @ b / weight.sum().clamp_min(1e-12)


def off_diagonal(matrix: Tensor) -> Tensor:
    """Return the entries beside the diagonal, flat."""
    k = len(matrix)
    return matrix.flatten()[:-1].view(k - 1, k + 1)[:, 1:].flatten() if k > 1 else matrix[:0, 0]


def variance(z: Tensor, weight: Tensor | None) -> Tensor:
    """Return the variance of each feature, ``(k,)``, unbiased."""
    n = len(z)
    return weighted_mean(torch.square(z), weight) * (n / max(1, n - 1))
