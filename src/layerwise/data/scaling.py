"""Numbers to a common scale, and back."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp
from sklearn.preprocessing import QuantileTransformer

from .._errors import DataError

if TYPE_CHECKING:
    from .reading import Sparse

NUMBERS = ("auto", "unit", "standard", "robust", "minmax", "quantile", "none")
_QUANTILES = 1000
BOUND = 3.0  # of robustly scaled numbers
_NORMAL_QUARTILES = 1.349  # between the quartiles of a normal distribution of variance 1
# A network's answer may lie on the bound or outside, where nothing was scaled to
_INSIDE = 1.0 - 1e-6
LARGEST = 3e38  # float32 ends at 3.4e38


@dataclass(frozen=True, eq=False)
class Scaling:
    """``(x - offset) / scale``, or a map to a normal distribution, with a value for what is
    missing.

    Parameters
    ----------
    kind : {'real', 'unit', 'bounded'}
        'unit' results are kept in [0, 1]; 'bounded' ones are ``z / sqrt(1 + (z / 3)**2)``, in (-3,
        3).
    offset, scale, fill : float64 arrays ``(m,)``
        ``fill`` is the scaled value of a missing cell.
    indicators : int64 array
        The columns with missing cells.
    quantiles : float64 array ``(q, m)`` or None
        Of each column, where numbers are mapped to a normal distribution.
    """

    kind: str
    offset: np.ndarray
    scale: np.ndarray
    fill: np.ndarray
    indicators: np.ndarray
    quantiles: np.ndarray | None = None

    @property
    def linear(self) -> bool:
        """Whether numbers are moved and stretched only."""
        return self.quantiles is None and self.kind != "bounded"

    def apply(self, rows: np.ndarray) -> np.ndarray:
        """Return scaled rows without missing cells in float64: ``(n, m) -> (n, m)``."""
        part = rows.astype(np.float64)
        if self.quantiles is None:
            part -= self.offset
            part /= self.scale
        elif part.shape[1]:
            part = self._transformer().transform(part)
        missing = np.isnan(part)
        if missing.any():
            part = np.where(missing, self.fill, part)
        if self.kind == "bounded":
            return np.clip(part, -LARGEST, LARGEST) / np.hypot(1.0, part / BOUND)
        return np.clip(part, *((0.0, 1.0) if self.kind == "unit" else (-LARGEST, LARGEST)))

    def undo(self, numbers: np.ndarray) -> np.ndarray:
        """Return numbers in the columns' own units: ``(n, m) -> (n, m)``."""
        if self.quantiles is not None and numbers.shape[1]:
            return self._transformer().inverse_transform(numbers)
        if self.kind == "bounded":
            inside = np.clip(numbers.astype(np.float64) / BOUND, -_INSIDE, _INSIDE)
            numbers = BOUND * inside / np.sqrt(1.0 - inside**2)
        return numbers * self.scale + self.offset

    def keeps(self, rows: np.ndarray) -> bool:
        """Whether these rows come out as they are."""
        if (
            not self.linear
            or self.offset.any()
            or bool((self.scale != 1.0).any())
            or rows.dtype != np.float32
        ):
            return False
        return not len(self.indicators) and not np.isnan(rows).any()

    def keeps_zeros(self) -> bool:
        """Whether a zero stays a zero, so that a sparse matrix can stay sparse."""
        return self.linear and not self.offset.any() and not len(self.indicators)

    def check_range(self, rows: np.ndarray) -> None:
        """Refuse fractions where bytes were learned from, and bytes where fractions were: neither
        shows in the result."""
        if self.kind != "unit" or self.offset.any() or not rows.size:
            return
        scale = float(self.scale[0]) if bool((self.scale == self.scale[0]).all()) else 0.0
        fractions = rows.dtype.kind == "f" and bool((rows % 1 > 0).any()) and np.nanmax(rows) <= 1
        if (scale == 255.0 and fractions) or (
            scale == 1.0 and rows.dtype == np.uint8 and rows.max() > 1
        ):
            was, now = (
                ("bytes from 0 to 255", "fractions")
                if fractions
                else ("values in [0, 1]", "bytes up to 255")
            )
            raise DataError(
                f"The model was fitted on {was}; these rows are {now}.", "Give them the same scale."
            )

    def _transformer(self) -> QuantileTransformer:
        transformer = QuantileTransformer(output_distribution="normal")
        transformer.quantiles_ = self.quantiles
        transformer.n_quantiles_ = len(self.quantiles)  # type: ignore[arg-type]
        transformer.references_ = np.linspace(0, 1, transformer.n_quantiles_, endpoint=True)
        transformer.n_features_in_ = len(self.offset)
        return transformer


def fit_scaling(matrix: np.ndarray | Sparse, numbers: str) -> Scaling:
    """Return the scaling of an array or a sparse matrix ``(n, m)``; ``numbers`` as in
    ``Preprocessor``.

    Raises
    ------
    DataError
        For a sparse matrix and a scaling that moves its zeros.

    Examples
    --------
    >>> import numpy as np
    >>> from layerwise.data.scaling import fit_scaling
    >>> fit_scaling(np.array([[1.0], [3.0]]), "minmax").apply(np.array([[2.0], [9.0]])).tolist()
    [[0.5], [1.0]]
    """
    if sp.issparse(matrix):
        return _fit_sparse(matrix, numbers)
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
        scale = np.where(deviation > 1e-12 * np.maximum(1.0, np.abs(offset)), deviation, 1.0)
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
    unit, scale = low >= 0 and high <= 1, np.ones(m)
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
    if matrix.size == 0 or np.isnan(low := _quiet(np.nanmin, matrix, axis=None)):
        return "standard"
    return "unit" if low >= 0 and np.nanmax(matrix) <= 1 else "standard"


def _moments(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.nan_to_num(_quiet(np.nanmean, matrix)), np.nan_to_num(_quiet(np.nanstd, matrix))


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
    return median, np.where(spread > 1e-12 * np.maximum(1.0, np.abs(median)), spread, 1.0)


def _quiet(function: Any, matrix: np.ndarray, axis: int | None = 0) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", RuntimeWarning
        )  # a column without a value has no mean; it becomes 0
        return function(
            matrix if matrix.dtype == np.float64 else matrix.astype(np.float64), axis=axis
        )
