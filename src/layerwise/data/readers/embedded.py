"""Small real sets that come with scikit-learn, so that no file is needed."""

from __future__ import annotations

import numpy as np

from .dataset import Dataset, only_label

EMBEDDED = ("digits", "breast-cancer", "diabetes")


def read_embedded(name: str, *, target: str | None = None, task: str | None = None) -> Dataset:
    """Return an embedded set: 'digits' (images in [0, 1]), 'breast-cancer' or 'diabetes'
    (regression).

    >>> read_embedded("digits").X.shape
    (1797, 64)
    """
    from sklearn import datasets

    own = "regression" if name == "diabetes" else "classification"
    only_label(name, own, target, task)
    if name == "digits":
        X, y = datasets.load_digits(return_X_y=True)
        return Dataset(
            name, (X / 16).astype(np.float32), y.astype(np.int64), "label", (1, 8, 8), own
        )
    if name == "diabetes":
        X, y = datasets.load_diabetes(return_X_y=True, scaled=False)
        return Dataset(name, X, y.astype(np.float64), "label", None, own)
    X, y = datasets.load_breast_cancer(return_X_y=True)
    return Dataset(name, X, y.astype(np.int64), "label", None, own)
