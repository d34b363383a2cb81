"""The columns of a data set as what is fitted beside a network takes them."""

from __future__ import annotations

from typing import Self

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import make_pipeline

from ..data.preprocessing import Preprocessor
from ..data.readers import Dataset
from ..evaluation import Texts

LARGE = 64  # pixels of a side, beyond which simple models get means of pixels
_BLOCK = 2**26  # numbers of images that are made smaller at a time


def plain_columns(data: Dataset) -> TransformerMixin:
    """Return a preprocessing for baselines: standardised numbers, one-hot categories, weights of
    words. Large images are made smaller first: a linear model has a weight for every pixel."""
    plain = Preprocessor(text_columns=list(data.text_columns))
    shape = data.image_shape
    if shape is None or max(shape[1:]) <= LARGE:
        return plain
    return make_pipeline(Smaller(shape), plain)


class Smaller(TransformerMixin, BaseEstimator):
    """Images as means of their pixels, ``(n, c * h * w)`` to ``(n, c * h2 * w2)``, with a long side
    of 64.

    Parameters
    ----------
    shape : tuple (channels, height, width)
    """

    def __init__(self, shape: tuple[int, int, int]) -> None:
        self.shape = shape

    def fit(self, X: np.ndarray, y: object = None) -> Self:
        """Learn nothing."""
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return smaller images."""
        _, height, width = self.shape
        scale = LARGE / max(height, width)
        size = max(1, round(height * scale)), max(1, round(width * scale))
        step = max(1, _BLOCK // X.shape[1])
        small = [np.empty((0, X.shape[1] // (height * width) * size[0] * size[1]), np.float32)]
        for start in range(0, len(X), step):
            part = np.ascontiguousarray(X[start : start + step])
            images = torch.as_tensor(part, dtype=torch.float32).reshape(-1, *self.shape)
            small.append(F.interpolate(images, size, mode="area").flatten(1).numpy())
        return np.concatenate(small)


def texts_of(data: Dataset) -> Texts:
    """Return how much of the columns is free text."""
    if not data.text_columns:
        return Texts.NONE
    assert not isinstance(data.X, np.ndarray)
    return Texts.ALL if set(data.text_columns) == set(data.X.columns) else Texts.SOME
