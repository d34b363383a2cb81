"""The columns of a data set as what is fitted beside a network takes them."""

from __future__ import annotations

import numpy as np

from ..data.preprocessing import Preprocessor
from ..data.readers import Dataset
from ..evaluation import Texts


def plain_columns(data: Dataset) -> Preprocessor:
    """Return a preprocessing for baselines: standardised numbers, one-hot categories, weights of
    words."""
    return Preprocessor(text_columns=list(data.text_columns))


def texts_of(data: Dataset) -> Texts:
    """Return how much of the columns is free text."""
    if not data.text_columns:
        return Texts.NONE
    assert not isinstance(data.X, np.ndarray)
    return Texts.ALL if set(data.text_columns) == set(data.X.columns) else Texts.SOME
