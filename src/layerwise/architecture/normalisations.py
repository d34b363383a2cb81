"""Normalisations by name: of the units' inputs, or of the weight."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

NORMALISATIONS = ("none", "batch", "layer", "weight", "spectral")
POWER_STEPS = 15  # before training; one more at each step of it


def normalisation(name: str, units: int, dimensions: int = 1) -> nn.Module | None:
    """Return the module between the affine map and the activation, or None.

    ``batch``: Ioffe and Szegedy (2015), "Batch normalization"; ``layer``: Ba, Kiros and Hinton
    (2016), "Layer normalization" (of an image: over all channels and places, with a scale and a
    shift per channel).
    """
    if name == "batch":
        return nn.BatchNorm2d(units) if dimensions == 3 else nn.BatchNorm1d(units)
    if name == "layer":
        return nn.GroupNorm(1, units) if dimensions == 3 else nn.LayerNorm(units)
    return None


def weight_normalisation(name: str, weight: Tensor, generator: torch.Generator) -> nn.Module | None:
    """Return the module that maps a weight ``(k, ...)`` to the one that is used, or None.

    torch's own parametrisations cannot be pickled, and change the names of the parameters.
    """
    if name == "weight":
        return WeightNorm(weight)
    return SpectralNorm(weight, generator) if name == "spectral" else None


class WeightNorm(nn.Module):
    """``gain * weight / |weight|`` per unit: Salimans and Kingma (2016), "Weight normalization"."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.gain = nn.Parameter(weight.detach().flatten(1).norm(dim=1))

    def forward(self, weight: Tensor) -> Tensor:
        factor = self.gain / weight.flatten(1).norm(dim=1).clamp_min(1e-12)
        return weight * factor.view(-1, *[1] * (weight.ndim - 1))


class SpectralNorm(nn.Module):
    """``weight / (its largest singular value)``: Miyato, Kataoka, Koyama and Yoshida (2018),
    "Spectral normalization"."""

    u: Tensor

    def __init__(self, weight: Tensor, generator: torch.Generator) -> None:
        super().__init__()
        meta = weight.is_meta
        start = (
            torch.empty(len(weight), device="meta")
            if meta
            else torch.randn(len(weight), generator=generator)
        )
        self.register_buffer("u", start)
        if not meta:
            with torch.no_grad():
                for _ in range(POWER_STEPS):
                    self._turn(weight.flatten(1))

    def forward(self, weight: Tensor) -> Tensor:
        matrix = weight.flatten(1)
        with torch.no_grad():
            if self.training:
                self._turn(matrix)
            u = self.u.clone()
            v = F.normalize(matrix.t() @ u, dim=0)
        largest = (
            (matrix * v).sum(1) * u
        ).sum()  # no product of matrices: mixed precision would round it
        return weight / largest.clamp_min(1e-12)

    def _turn(self, matrix: Tensor) -> None:
        self.u.copy_(F.normalize(matrix @ F.normalize(matrix.t() @ self.u, dim=0), dim=0))
