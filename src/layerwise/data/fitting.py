"""Which scale numbers get, learned from rows."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp
from sklearn.preprocessing import QuantileTransformer

from .._errors import DataError
from .far import without_far, without_far_sparse
from .scaling import Scaling

if TYPE_CHECKING:
    from .reading import Sparse

NUMBERS = ("auto", "unit", "standard", "robust", "minmax", "quantile", "none")
_QUANTILES = 1000
_NORMAL_QUARTILES = 1.349  # between the quartiles of a normal distribution of variance 1
_SAME = 1e-12  # spread of a column beside its mean, below which it is rounding
_FEW_COLUMNS, _REACHED = 16, 0.25


def fit_scaling(
    matrix: np.ndarray | Sparse, numbers: str, names: Sequence[str]
) -> tuple[Scaling, list[str]]:
    """Return the scaling of an array or a sparse matrix ``(n, m)``, and notes on numbers so far
    from all others that they do not count for it.

    Parameters
    ----------
    matrix : array or sparse matrix (n, m)
    numbers : str
        As in ``Preprocessor``.
    names : sequence of str
        Of the columns.

    Raises
    ------
    DataError
        For a sparse matrix and a scaling that moves its zeros.

    Examples
    --------
    >>> import numpy as np
    >>> from layerwise.data.fitting import fit_scaling
    >>> scaling, notes = fit_scaling(np.array([[1.0], [3.0]]), "minmax", ["x"])
    >>> scaling.apply(np.array([[2.0], [9.0]])).tolist()
    [[0.5], [1.0]]
    """
    if sp.issparse(matrix):
        near, told = without_far_sparse(matrix, names) if numbers == "auto" else (matrix, [])
        return _fit_sparse(near, numbers), told
    far: list[str] = []
    if numbers in ("auto", "unit", "standard", "minmax"):
        matrix, far = without_far(matrix, names)
    return _fit_dense(matrix, numbers), far


def _fit_dense(matrix: np.ndarray, numbers: str) -> Scaling:
    m = matrix.shape[1]
    mode = _auto(matrix) if numbers in ("auto", "unit") else numbers
    if numbers == "unit" and mode == "standard":
        mode = "minmax"
    if m == 0:
        mode = "none"  # categories alone
    kind, offset, scale, quantiles = "real", np.zeros(m), np.ones(m), None
    if mode == "bytes":
        kind, scale = "unit", np.full(m, 255.0)
    elif mode == "unit":
        kind = "unit"
    elif mode == "standard":
        offset, deviation = _moments(matrix)
        scale = np.where(deviation > _SAME * np.abs(offset), deviation, 1.0)
    elif mode == "robust":
        kind = "bounded"
        offset, scale = _quartiles(matrix)
    elif mode == "minmax":
        kind = "unit"
        offset, high = (np.nan_to_num(_quiet(end, matrix)) for end in (np.nanmin, np.nanmax))
        scale = np.where(high > offset, high - offset, 1.0)
    elif mode == "quantile":
        quantiles = _fit_quantiles(matrix)
    indicators = (
        np.flatnonzero(np.isnan(matrix).any(axis=0))
        if matrix.dtype.kind == "f"
        else np.zeros(0, dtype=int)
    )
    fill = np.zeros(m)  # the mean or median of what is standardised, robustly scaled or made normal
    if mode in ("unit", "minmax", "none") and len(indicators):
        fill = (np.nan_to_num(_quiet(np.nanmean, matrix)) - offset) / scale
    return Scaling(kind, offset, scale, fill, indicators, quantiles)


def _fit_sparse(matrix: Sparse, numbers: str) -> Scaling:
    if numbers not in ("auto", "none"):
        raise DataError(
            f"numbers={numbers!r} would make a sparse matrix dense.",
            "Use numbers='auto' or 'none' on sparse rows.",
        )
    m = matrix.shape[1]
    low, high = (matrix.min(), matrix.max()) if matrix.nnz else (0.0, 0.0)
    unit, scale = low >= 0 and high <= 1 and high - min(low, 0.0) >= _REACHED, np.ones(m)
    if not unit and numbers == "auto":
        largest = abs(matrix).max(axis=0).toarray().ravel()
        scale = np.where(largest > 0, largest, 1.0)
    return Scaling(
        "unit" if unit else "real", np.zeros(m), scale, np.zeros(m), np.zeros(0, dtype=int)
    )


def _fit_quantiles(matrix: np.ndarray) -> np.ndarray:
    transformer = QuantileTransformer(
        n_quantiles=min(_QUANTILES, len(matrix)),
        output_distribution="normal",
        subsample=100_000,
        random_state=0,
    )
    return np.nan_to_num(_quiet(lambda part, axis: transformer.fit(part).quantiles_, matrix))


def _auto(matrix: np.ndarray) -> str:
    if matrix.dtype == np.uint8:
        return "bytes"
    if not matrix.size:
        return "standard"
    low, high = np.fmin.reduce(matrix, axis=0), np.fmax.reduce(matrix, axis=0)
    smallest, largest = np.fmin.reduce(low), np.fmax.reduce(high)
    if not (smallest >= 0 and largest <= 1):  # nor where there is no number
        return "standard"
    return "unit" if _fills(low, high) else "standard"


def _fills(low: np.ndarray, high: np.ndarray) -> bool:
    """Whether columns in [0, 1] use that range: as pixels do, and not a table in small units.

    Every column that varies does so over a step of a byte and the median one over half of the
    range; of at most 16 columns, which are hardly pixels, each does over a quarter.
    """
    varying = (high - low)[high > low].astype(np.float64)
    if not len(varying):
        return True
    if len(varying) <= _FEW_COLUMNS:
        return bool((varying >= _REACHED).all())
    return bool((varying >= 1 / 256).all()) and float(np.median(varying)) >= 0.5


def _moments(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return means and standard deviations, exact to the last bits whatever the unit: squares of
    very small and very large numbers leave the range of float64."""
    largest = np.nan_to_num(_quiet(lambda part, axis: np.nanmax(np.abs(part), axis=axis), matrix))
    power = np.where((largest > 1e100) | ((largest > 0) & (largest < 1e-100)), largest, 1.0)
    unit = np.exp2(np.floor(np.log2(power)))
    part = matrix if (unit == 1.0).all() else matrix / unit
    mean, deviation = (np.nan_to_num(_quiet(f, part)) for f in (np.nanmean, np.nanstd))
    return mean * unit, deviation * unit


def _quartiles(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the medians, and what the standard deviation of a normal distribution with these
    quartiles would be.

    Where both quartiles are one value (a column that is mostly zero), the median distance of the
    other values takes their place.
    """
    ends = _quiet(lambda part, axis: np.nanquantile(part, [0.25, 0.5, 0.75], axis=axis), matrix)
    first, median, third = np.nan_to_num(ends)
    spread = (third - first) / _NORMAL_QUARTILES
    for column in np.flatnonzero(spread == 0):
        distances = np.abs(matrix[:, column].astype(np.float64) - median[column])
        others = distances[distances > 0]
        spread[column] = np.median(others) if len(others) else 0.0
    return median, np.where(spread > _SAME * np.abs(median), spread, 1.0)


def _quiet(function: Any, matrix: np.ndarray, axis: int | None = 0) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", RuntimeWarning
        )  # a column without a value has no mean; it becomes 0
        return function(
            matrix if matrix.dtype == np.float64 else matrix.astype(np.float64), axis=axis
        )
