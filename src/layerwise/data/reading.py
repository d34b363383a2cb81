"""The one door for rows: what a user gives, checked."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.utils.validation import validate_data

from .._errors import DataError
from .frames import Frame, has_texts, is_frame, read_frame


def read_rows(estimator: Any, X: Any, *, reset: bool, min_rows: int = 1) -> Any:
    """Return rows as a Frame, an array ``(n, d)`` or a CSR matrix, and record or check the
    features.

    Parameters
    ----------
    estimator : object
        Its ``n_features_in_`` and ``feature_names_in_`` are set, or checked unless ``reset``.
    X : array of 2 or more dimensions, sparse matrix or data frame
        Cells may be missing (NaN, None). A data frame of numbers alone is an array.
    reset : bool
    min_rows : int, default 1

    Raises
    ------
    ValueError
        scikit-learn's own errors on arrays.
    DataError
        On data frames.
    """
    if isinstance(X, Frame):
        return X
    if is_frame(X) and (has_texts(X) or getattr(estimator, "mixed_", False)):
        validate_data(estimator, X, reset=reset, skip_check_array=True)
        frame = read_frame(X)
        if len(frame) < min_rows:
            raise DataError(
                f"The data frame has {len(frame)} row(s); at least {min_rows} are needed.",
                "Give it more rows.",
            )
        if reset:
            estimator.mixed_ = True
        return frame
    if reset and hasattr(estimator, "mixed_"):
        del estimator.mixed_
    rows = validate_data(
        estimator,
        X,
        reset=reset,
        accept_sparse="csr",
        dtype="numeric",
        ensure_all_finite="allow-nan",
        allow_nd=True,
        ensure_min_samples=min_rows,
    )
    if sp.issparse(rows):
        if np.isnan(rows.data).any():
            raise DataError(
                "A sparse matrix holds NaN; its missing cells are zeros.", "Replace NaN by numbers."
            )
        return rows
    if rows.dtype.kind == "b":
        rows = rows.astype(np.float32)
    return rows.reshape(len(rows), -1)
