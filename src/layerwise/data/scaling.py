"""Numbers to a common scale, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.preprocessing import QuantileTransformer

from .._errors import DataError
from .far import FAR

if TYPE_CHECKING:
    from .reading import Sparse

BOUND = 3.0  # of robustly scaled numbers
# A network's answer may lie on the bound or outside, where nothing was scaled to
_INSIDE = 1.0 - 1e-6
LARGEST = 3e38  # float32 ends at 3.4e38
_ROUNDING = 1e-6  # of float32, beyond [0, 1]
_STRANGE = 10.0  # spreads from the middle
_OUTSIDE = 0.02  # share of cells beyond their column's range, as other rows of it have them


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
        """Return scaled rows without missing cells in float64: ``(n, m) -> (n, m)``.

        A number more than a million spreads from the mean is taken for missing.
        """
        part = self._scaled(rows)
        if self.stretches and _reach(part) > FAR:
            part[np.abs(part) > FAR] = np.nan
        missing = np.isnan(part)
        if missing.any():
            part = np.where(missing, self.fill, part)
        if self.kind == "bounded":
            return np.clip(part, -LARGEST, LARGEST) / np.hypot(1.0, part / BOUND)
        return np.clip(part, *((0.0, 1.0) if self.kind == "unit" else (-LARGEST, LARGEST)))

    def _scaled(self, rows: np.ndarray) -> np.ndarray:
        part = rows.astype(np.float64)
        if self.quantiles is None:
            part -= self.offset
            part /= self.scale
        elif part.shape[1]:
            part = self._transformer().transform(part)
        return part

    @property
    def stretches(self) -> bool:
        """Whether numbers are moved or stretched without being cut off."""
        moved = bool(self.offset.any()) or bool((self.scale != 1.0).any())
        return self.kind == "real" and self.quantiles is None and moved

    def excess(self, rows: np.ndarray) -> np.ndarray | None:
        """Return how far each number lies outside what the scaling can hold, in scaled units (in
        widths of the column, where numbers are mapped to a normal distribution): ``(n, m) -> (n,
        m)``; None where none does."""
        if self._holds(rows):
            return None
        if self.kind == "unit":
            part = self._scaled(rows)
            result = np.maximum(part - 1.0, 0.0) + np.maximum(-part, 0.0)
        elif self.kind == "bounded":
            result = np.maximum(np.abs(self._scaled(rows)) - BOUND, 0.0)
        elif self.quantiles is not None:
            low, high = self.quantiles[0], self.quantiles[-1]
            width = np.where(high > low, high - low, 1.0)
            result = (np.maximum(rows - high, 0.0) + np.maximum(low - rows, 0.0)) / width
        elif self.stretches:
            part = np.abs(self._scaled(rows))
            result = np.where(part > FAR, part, 0.0)
        else:
            return None
        result = np.nan_to_num(result, nan=0.0, posinf=LARGEST)
        return result if result.any() else None

    def _ends(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the smallest and the largest scaled number of each column; NaN where there is
        none. One pass without copies."""
        with np.errstate(over="ignore", invalid="ignore"):
            low, high = np.fmin.reduce(rows, axis=0), np.fmax.reduce(rows, axis=0)
            return (low - self.offset) / self.scale, (high - self.offset) / self.scale

    def _holds(self, rows: np.ndarray) -> bool:
        """Whether no number lies outside for sure, as the ends of the columns say."""
        if not rows.size or self.quantiles is not None:
            return not rows.size
        low, high = self._ends(rows)
        if self.kind == "unit":
            return not ((low < 0.0) | (high > 1.0)).any()
        most = BOUND if self.kind == "bounded" else FAR
        return not ((low < -most) | (high > most)).any()

    def outside(self, rows: np.ndarray, names: Sequence[str]) -> list[str]:
        """Return sentences on numbers that the scaling cannot hold.

        A few cells a little outside are what other rows of the same data have; they are not told
        of.

        Parameters
        ----------
        rows : array (n, m)
        names : sequence of str
            Of the columns.

        Raises
        ------
        DataError
            When most rows are on another scale than the values in [0, 1], or bytes, that were
            learned from.
        """
        self.check_range(rows)
        if self.kind == "bounded":
            return self._strange(rows, names)
        excess = self.excess(rows)
        if excess is None:
            return self._strange(rows, names) if self.stretches else []
        as_they_are = _is_even(self.scale) and set(self.scale[:1].tolist()) <= {1.0, 255.0}
        plain = self.kind == "unit" and not self.offset.any() and as_they_are
        if plain and np.median(excess.max(axis=1)) > 1.0:
            top = float(self.scale[0]) if len(self.scale) else 1.0
            raise DataError(
                f"The model was fitted on values from 0 to {top:g}; these rows hold values from "
                f"{np.nanmin(rows):g} to {np.nanmax(rows):g}.",
                "Give them the same scale.",
            )
        found = excess > _ROUNDING
        usual = float(excess.max()) <= 1.0 and float(found.mean()) <= _OUTSIDE
        if not found.any() or usual:
            return []
        row, column = np.unravel_index(int(excess.argmax()), excess.shape)
        low, high = self.offset[column], self.offset[column] + self.scale[column]
        if self.quantiles is not None:
            low, high = self.quantiles[[0, -1], column]
        ends = self.kind == "unit" or self.quantiles is not None
        span = f"from {low:g} to {high:g}" if ends else f"around {low:g}"
        done = "cut off at its ends" if ends else "taken for missing"
        cells, lines = int(found.sum()), int(found.any(axis=1).sum())
        return [
            f"{cells:,} number{_s(cells)} in {lines:,} row{_s(lines)} outside of what was learned: "
            f"{done}. The farthest, in "
            f"column {names[int(column)]!r}, is {rows[row, column]:g} in row {row}; the column was "
            f"learned {span}."
        ]

    def _strange(self, rows: np.ndarray, names: Sequence[str]) -> list[str]:
        """Return a sentence on a column so many of whose cells lie so far from the middle that it
        is hardly the column that was learned.

        More than a twentieth beyond ten standard deviations cannot be, whatever the distribution
        (Chebyshev: a hundredth); beyond ten spreads between quartiles, more than half cannot.
        """
        if not rows.size:
            return []
        low, high = self._ends(rows)
        if not ((low < -_STRANGE) | (high > _STRANGE)).any():
            return []
        with np.errstate(over="ignore", invalid="ignore"):
            size = np.abs(self._scaled(rows))
            known = np.maximum((~np.isnan(size)).sum(axis=0), 1)
            share = (size > _STRANGE).sum(axis=0) / known
        most = 0.5 if self.kind == "bounded" else 0.05
        odd = np.flatnonzero((share > most) & (self.scale > 0))
        if not len(odd):
            return []
        column = int(odd[share[odd].argmax()])
        row = int(np.nan_to_num(size[:, column]).argmax())
        more = f" (and {len(odd) - 1} more)" if len(odd) > 1 else ""
        return [
            f"Column {names[column]!r}{more} holds numbers far from what was learned: "
            f"{rows[row, column]:g} in row {row}, where {self.offset[column]:g} ± "
            f"{self.scale[column]:g} was usual. Are the units the same?"
        ]

    def outside_sparse(self, rows: Sparse, names: Sequence[str]) -> list[str]:
        """Return sentences on values of a sparse matrix that the scaling cannot hold: beyond [0, 1]
        where only such were learned, or far from all others."""
        size = np.abs(rows.data / self.scale[rows.indices])
        if self.kind == "unit":
            size = np.where(rows.data < 0, FAR, size - 1.0)
        found = size > (_ROUNDING if self.kind == "unit" else FAR if self.stretches else np.inf)
        if not found.any():
            return []
        place, count = int(size.argmax()), int(found.sum())
        row = int(np.searchsorted(rows.indptr, place, side="right")) - 1
        was = "values in [0, 1] were learned" if self.kind == "unit" else "it is taken for missing"
        return [
            f"{count:,} number{_s(count)} outside of what was learned: the farthest, in column "
            f"{names[int(rows.indices[place])]!r}, is {rows.data[place]:g} in row {row}; {was}."
        ]

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
        scale = float(self.scale[0]) if _is_even(self.scale) else 0.0
        floats = scale == 255.0 and rows.dtype.kind == "f"
        small = floats and float(np.fmax.reduce(rows, axis=None)) <= 1
        fractions = small and bool((rows % 1 > 0).any())
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


def _reach(part: np.ndarray) -> float:
    """Return the largest size of a number, 0 where there is none."""
    if not part.size:
        return 0.0
    ends = np.fmax.reduce(part, axis=None), -np.fmin.reduce(part, axis=None)
    return float(np.nan_to_num(np.fmax(*ends)))


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _is_even(scale: np.ndarray) -> bool:
    return bool((scale == scale[:1]).all())
