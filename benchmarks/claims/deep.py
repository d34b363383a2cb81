"""The deep autoencoder of sigmoid units that the claims on its training share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sklearn.decomposition import PCA
from torch import Tensor, nn

from layerwise import (
    ContrastiveDivergence,
    Dense,
    Greedy,
    Joint,
    Reconstruction,
    Space,
    Stack,
    Stage,
    Training,
)
from layerwise.architecture.dense import DenseCodec

from .arms import momentum
from .study import Size

SMALL = "normal(0.01)"
PIXELS = Reconstruction("bce")
# Peak rates of momentum descent on the mean cross-entropy per pixel, the best that were tried on
# 2,000 held-out training images (seed 1000, 500-250-100-30, 10 to 20 epochs): among 1, 3, 10, 30
# and 100 with sigmoid units, where none moves the net with small weights; among 0.3, 1, 3 and 10
# with ReLU units and with batch normalisation.
RATE, GREEDY_RATE, RELU_RATE, BATCH_RATE = 30.0, 10.0, 3.0, 3.0
RBM = Training(
    "momentum",
    learning_rate=0.1,
    momentum=(0.5, 0.9),
    weight_decay=2e-4,
    batch_size=100,
    shape="constant",
    momentum_switch=2,
)


def deep(
    widths: Sequence[int], init: str, *, activation: str = "sigmoid", tied: bool = False
) -> Stack:
    """Return a deep autoencoder with a linear code."""
    *hidden, code = widths
    stages = [Dense(width, activation=activation, init=init, tied=tied) for width in hidden]
    return Stack(*stages, Dense(code, activation="linear", init=init, tied=tied))


def jointly(size: Size, rate: float, optimiser: str = "momentum") -> list[Any]:
    """Return the plan of an arm without pretraining: as many steps as the others take in all."""
    training = (
        momentum(rate)
        if optimiser == "momentum"
        else Training(optimiser, learning_rate=rate, batch_size=100)
    )
    return [(PIXELS, Joint(size["greedy"] * len(size["widths"]) + size["joint"]), training)]


def from_rbms(size: Size) -> list[Any]:
    """Return contrastive divergence, stage by stage, then everything."""
    rates = (0.1,) * (len(size["widths"]) - 1) + (0.001,)
    greedy = RBM.replace("learning_rate", rates)
    return [
        (ContrastiveDivergence(), Greedy(size["greedy"]), greedy),
        (PIXELS, Joint(size["joint"]), momentum(RATE)),
    ]


def from_greedy(size: Size) -> list[Any]:
    """Return greedy reconstruction, stage by stage, then everything."""
    return [
        (Reconstruction(), Greedy(size["greedy"]), momentum(GREEDY_RATE)),
        (PIXELS, Joint(size["joint"]), momentum(RATE)),
    ]


def references(X: np.ndarray, test_X: np.ndarray, code: int) -> dict[str, dict[str, float]]:
    """Return what the mean image and a PCA of as many components reach on the test images."""
    train, test = X / 255, test_X / 255
    pca = PCA(code, svd_solver="covariance_eigh").fit(train)
    back = pca.inverse_transform(pca.transform(test))
    return {
        "mean image": {"error": float(((test - train.mean(0)) ** 2).sum(1).mean())},
        f"PCA of {code}": {"error": float(((test - back) ** 2).sum(1).mean())},
    }


@dataclass(frozen=True, repr=False)
class NormalisedBothWays(Stage):
    """A dense stage with batch normalisation, whose decoder's output is normalised as well: the
    library's has it in the encoder."""

    inner: Dense

    def build(self, in_space: Space, generator: torch.Generator) -> DenseCodec:
        return _BothWays(self.inner, in_space, generator)


class _BothWays(DenseCodec):
    def __init__(self, stage: Dense, in_space: Space, generator: torch.Generator) -> None:
        super().__init__(stage, in_space, generator)
        self.back = nn.BatchNorm1d(in_space.size)

    def decode_params(self, z: Tensor) -> Tensor:
        return self.back(super().decode_params(z))


def normalised(widths: Sequence[int], init: str) -> Stack:
    """Return the same autoencoder with batch normalisation of every hidden layer, up and down; not
    of the output."""
    *hidden, code = widths
    stages = [
        Dense(width, activation="sigmoid", init=init, normalisation="batch") for width in hidden
    ]
    top = Dense(code, activation="linear", init=init, normalisation="batch")
    return Stack(stages[0], *map(NormalisedBothWays, [*stages[1:], top]))
