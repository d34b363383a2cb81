"""What columns of numbers go through: a scale, then each row's contrast, then whitening."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from .._errors import DataError
from .._space import Block
from .contrast import Contrast, fit_contrast
from .far import FAR
from .fitting import fit_scaling
from .reading import Sparse
from .scaling import LARGEST, Scaling
from .state import from_arrays, state_of
from .whitening import Whitening, fit_whitening

_BLOCK_ROWS = 8192
Numbers = np.ndarray | Sparse  # (n, m)


@dataclass(frozen=True)
class NumberSteps:
    """The steps, as they were learned from ``m`` columns.

    Parameters
    ----------
    scaling : Scaling
    contrast : Contrast, optional
    whitening : Whitening, optional
    """

    scaling: Scaling
    contrast: Contrast | None = None
    whitening: Whitening | None = None

    @property
    def indicators(self) -> np.ndarray:
        """The columns beside which another says whether the cell was missing."""
        return self.scaling.indicators

    @property
    def _moves(self) -> bool:
        return self.contrast is not None or self.whitening is not None

    def blocks(self, m: int) -> list[Block]:
        """Return the kinds of the features: numbers, then indicators."""
        unit = self.scaling.kind == "unit" and not self._moves
        blocks = [Block("unit" if unit else "real", m)] if m else []
        return blocks + ([Block("unit", len(self.indicators))] if len(self.indicators) else [])

    def names(self, columns: Sequence[str], components: bool) -> list[str]:
        """Return names of the features; principal components have names of their own."""
        names = [f"pca{i}" if components else name for i, name in enumerate(columns)]
        return names + [f"{columns[i]}_missing" for i in self.indicators]

    def apply(self, matrix: Numbers) -> np.ndarray | Sparse:
        """Return the features as float32, ``(n, m + indicators)``; a sparse matrix stays sparse."""
        if sp.issparse(matrix):
            return self._scaled_sparse(matrix)
        if not len(self.indicators) and not self._moves and self.scaling.keeps(matrix):
            self.scaling.check_range(matrix)
            return matrix
        result = np.empty((len(matrix), matrix.shape[1] + len(self.indicators)), dtype=np.float32)
        self.write(matrix, result)
        return result

    def write(self, matrix: np.ndarray, out: np.ndarray) -> None:
        """Write the features of dense rows into the first columns of ``out``, a block at a time: no
        more is held than both."""
        self.scaling.check_range(matrix)
        m = matrix.shape[1]
        for i, part in enumerate(self._blocks_of(matrix)):
            block = slice(i * _BLOCK_ROWS, (i + 1) * _BLOCK_ROWS)
            np.clip(part, -LARGEST, LARGEST, out=out[block, :m], casting="same_kind")
        if len(self.indicators):
            out[:, m : m + len(self.indicators)] = np.isnan(matrix[:, self.indicators])

    def observed(self, matrix: np.ndarray) -> np.ndarray:
        """Return which features were not missing, ``(n, m + indicators)``.

        After whitening every number comes from all columns, with a value in place of a missing
        cell: none is missing.
        """
        partial = matrix.dtype.kind == "f" and self.whitening is None
        there = ~np.isnan(matrix) if partial else np.ones(matrix.shape, dtype=bool)
        beside = np.ones((len(matrix), len(self.indicators)), dtype=bool)
        return np.concatenate([there, beside], axis=1)

    def outside(self, matrix: Numbers, names: Sequence[str]) -> list[str]:
        """Return sentences on numbers beyond the range that the scale can hold."""
        if sp.issparse(matrix):
            return self.scaling.outside_sparse(matrix, names)
        return self.scaling.outside(matrix, names)

    def undo(self, numbers: np.ndarray) -> np.ndarray:
        """Return the columns of features ``(n, m)``."""
        if self.whitening is not None:
            numbers = self.whitening.undo(numbers)
        if self.contrast is not None:
            numbers = self.contrast.undo(numbers)
        return self.scaling.undo(numbers)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what was learned as named arrays."""
        return state_of(self.scaling, self.contrast, self.whitening)

    @staticmethod
    def of_arrays(
        arrays: dict[str, np.ndarray], kind: str, m: int, *, contrast: bool, whitening: bool
    ) -> NumberSteps:
        """Return the steps for ``m`` columns from what :meth:`arrays` returned.

        Raises
        ------
        DataError
            When the arrays are not those of ``m`` columns.
        """
        steps = from_arrays(
            arrays, kind, m, contrast=contrast and m > 0, whitening=whitening and m > 0
        )
        return NumberSteps(*steps)

    def _blocks_of(self, matrix: np.ndarray) -> Iterator[np.ndarray]:
        """Yield the numbers in float64, after the steps."""
        for start in range(0, len(matrix), _BLOCK_ROWS):
            part = self.scaling.apply(matrix[start : start + _BLOCK_ROWS])
            if self.contrast is not None:
                part = self.contrast.apply(part)
            yield part if self.whitening is None else self.whitening.apply(part)

    def _scaled_sparse(self, matrix: Sparse) -> Sparse:
        if self._moves or not self.scaling.keeps_zeros():
            raise DataError(
                "The model was fitted on dense rows, whose zeros it moves; a sparse matrix would "
                "become dense.",
                "Give X.toarray(), or fit on a sparse matrix.",
            )
        scaled = sp.csr_array(matrix).multiply(1.0 / self.scaling.scale).tocsr()
        far = np.abs(scaled.data) > FAR
        if far.any() and self.scaling.stretches:
            scaled.data[far] = 0.0
        return scaled.astype(np.float32)


def fit_numbers(
    matrix: Numbers,
    names: Sequence[str],
    *,
    numbers: str,
    contrast: bool,
    whitening: str | None,
    epsilon: float,
) -> tuple[NumberSteps, list[str]]:
    """Return the steps learned from columns ``(n, m)``, and notes on cells far from all others; the
    parameters are those of a ``Preprocessor``.

    Raises
    ------
    DataError
        When a sparse matrix would become dense, or contrast would leave nothing of one column.
    """
    if sp.issparse(matrix):
        _refuse_dense({"contrast": contrast}, off=False)
        _refuse_dense({"whitening": whitening}, off=None)
    scaling, notes = fit_scaling(matrix, numbers, names)
    steps, m = NumberSteps(scaling), matrix.shape[1]
    if contrast and m == 1:
        raise DataError(
            "contrast=True takes from each row the mean of its numbers, which leaves nothing "
            "of a single one: expected at least 2 columns of numbers. Got n_features=1.",
            "Use contrast=False.",
        )
    if contrast and m:
        unit = 1.0 if scaling.kind == "unit" else None
        steps = NumberSteps(scaling, fit_contrast(steps._blocks_of(matrix), unit))
    if whitening is not None and m:
        learned = fit_whitening(steps._blocks_of(matrix), whitening, float(epsilon))
        steps = NumberSteps(scaling, steps.contrast, learned)
    return steps, notes


def _refuse_dense(given: dict[str, object], off: object) -> None:
    for name, value in given.items():
        if value != off:
            raise DataError(
                f"{name}={value!r} would make a sparse matrix dense.",
                f"Use {name}={off} on sparse rows, or give X.toarray() if it fits into memory.",
            )
