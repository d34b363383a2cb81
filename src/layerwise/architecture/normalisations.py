"""Normalisations by name."""

from __future__ import annotations

from torch import nn

NORMALISATIONS = ("none", "batch", "layer")


def normalisation(name: str, units: int) -> nn.Module | None:
    """Return the module between the affine map and the activation, or None.

    ``batch``: Ioffe and Szegedy (2015), "Batch normalization"; ``layer``: Ba, Kiros and Hinton (2016), "Layer normalization".
    """
    if name == "batch":
        return nn.BatchNorm1d(units)
    return nn.LayerNorm(units) if name == "layer" else None
