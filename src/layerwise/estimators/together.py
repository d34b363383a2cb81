"""Rows with labels and rows without, as one table."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from .._errors import DataError
from ..data.frames import is_frame, stack_frames
from ..data.reading import Given, Sparse, is_source


def with_unlabelled(X: Given, more: Given | None) -> Given:
    """Return the rows of X, then those of ``more``.

    Raises
    ------
    DataError
        When they are of different forms or have different columns.
    """
    if more is None:
        return X
    if is_source(X) or is_source(more):
        raise DataError(
            "X_unlabeled was given beside a Source.", "Give one Source that holds all rows."
        )
    for test, what in ((is_frame, "data frame"), (sp.issparse, "sparse matrix")):
        if test(X) != test(more):
            raise DataError(
                f"One of X and X_unlabeled is a {what} and the other is not.",
                "Give both the same form.",
            )
    if is_frame(X) and is_frame(more):
        return stack_frames(X, more)
    return _stacked(*(part if sp.issparse(part) else np.asarray(part) for part in (X, more)))


def _stacked(X: np.ndarray | Sparse, more: np.ndarray | Sparse) -> np.ndarray | Sparse:
    if X.shape[1:] != more.shape[1:]:
        raise DataError(
            f"X_unlabeled has rows of shape {more.shape[1:]}, X of {X.shape[1:]}.",
            "Give both the same columns.",
        )
    return sp.vstack([X, more]).tocsr() if sp.issparse(X) else np.concatenate([X, more])
