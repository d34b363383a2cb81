"""From columns to a network's input, and back."""

from __future__ import annotations

import numbers
import warnings
from collections import Counter
from typing import Any, ClassVar, Self

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.preprocessing import QuantileTransformer
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted

from .._contracts import Block, Space
from .._errors import DataError, did_you_mean
from .frames import Frame, make_frame
from .reading import read_rows

NUMBERS = ("auto", "standard", "minmax", "quantile", "none")
_PLAIN_STATE = ("columns_", "backend_", "number_columns_", "levels_", "dropped_", "kind_")
_ARRAY_STATE = ("offset_", "scale_", "fill_", "indicators_", "quantiles_")
_BLOCK_ROWS = 8192
_QUANTILES = 1000


class Preprocessor(TransformerMixin, BaseEstimator):
    """Numbers to a common scale, categories to one-hot columns, missing cells to a value and an indicator.

    Parameters
    ----------
    numbers : {'auto', 'standard', 'minmax', 'quantile', 'none'}, default 'auto'
        'standard': mean 0, variance 1; 'minmax': [0, 1]; 'quantile': to a normal distribution; 'none': as they are. 'auto'
        divides bytes by 255, leaves values that lie in [0, 1] as they are, scales a sparse matrix by its columns' largest
        values, and standardises everything else.
    max_categories : int, default 100
        Levels of a category with a column of their own, the most frequent ones; the others, and those that were never seen
        in ``fit``, share one more column.

    Attributes
    ----------
    space_ : Space
        Of the result: numbers, indicators of missing numbers, then the categories.
    dropped_ : list of str
        Columns of a data frame that are constant or empty.
    notes_ : list of str
        What was dropped, in sentences.

    Examples
    --------
    >>> import numpy as np
    >>> from layerwise import Preprocessor
    >>> Preprocessor().fit_transform(np.array([[1.0, 2.0], [3.0, 2.0]])).tolist()
    [[-1.0, 0.0], [1.0, 0.0]]
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "numbers": [StrOptions(set(NUMBERS))],
        "max_categories": [Interval(numbers.Integral, 1, None, closed="left")],
    }

    def __init__(self, numbers: str = "auto", max_categories: int = 100) -> None:
        self.numbers = numbers
        self.max_categories = max_categories

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn scales and categories from an array, a sparse matrix or a data frame of n rows."""
        self._validate_params()
        table = read_rows(self, X, reset=True)
        self.levels_: dict[str, list[str]] = {}
        self.dropped_: list[str] = []
        self.notes_: list[str] = []
        self.columns_ = list(table.columns) if isinstance(table, Frame) else None
        self.backend_ = table.backend if isinstance(table, Frame) else None
        if isinstance(table, Frame):
            self._fit_frame(table)
            matrix = self._numbers_of(table)
        else:
            matrix = table
            self.number_columns_ = [f"x{i}" for i in range(matrix.shape[1])]
            if _is_constant(matrix):
                raise DataError("Every column is constant or empty; there is nothing to learn from.", "Check what was read.")
        self._fit_numbers(matrix)
        self.space_ = self._space()
        return self

    def transform(self, X: Any) -> Any:
        """Return float32 rows ``(n, d)``; a sparse matrix stays sparse."""
        check_is_fitted(self)
        table = read_rows(self, X, reset=False)
        self._check_columns(table)
        matrix = self._numbers_of(table) if isinstance(table, Frame) else table
        if sp.issparse(matrix):
            return sp.csr_array(matrix).multiply(1.0 / self.scale_).tocsr().astype(np.float32)
        self._check_unit(matrix)
        numbers = self._scaled(matrix)
        parts = [numbers]
        if len(self.indicators_):
            parts.append(np.isnan(matrix[:, self.indicators_]).astype(np.float32))
        if isinstance(table, Frame):
            parts += [_one_hot(table.texts[name], levels) for name, levels in self.levels_.items()]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def observed(self, X: Any) -> np.ndarray | None:
        """Return which features were not missing, ``(n, d)``, or None when none was."""
        table = read_rows(self, X, reset=False)
        if sp.issparse(table):
            return None
        matrix = self._numbers_of(table) if isinstance(table, Frame) else table
        parts = [~np.isnan(matrix)] if matrix.dtype.kind == "f" else [np.ones(matrix.shape, dtype=bool)]
        parts.append(np.ones((len(matrix), len(self.indicators_)), dtype=bool))
        if isinstance(table, Frame):
            for name, levels in self.levels_.items():
                there = np.array([value is not None for value in table.texts[name]], dtype=bool)
                parts.append(np.repeat(there[:, None], len(levels) + 1, axis=1))
        mask = np.concatenate(parts, axis=1)
        return None if mask.all() else mask

    def inverse_transform(self, Z: Any) -> Any:
        """Return the original columns: an array, or a data frame of the library that made the first one.

        A dropped column comes back as its constant, a category as its most probable level.
        """
        check_is_fitted(self)
        Z = np.asarray(Z, dtype=np.float64)
        m = len(self.number_columns_)
        numbers = self._unscaled(Z[:, :m])
        if self.columns_ is None:
            return numbers
        columns: dict[str, Any] = {name: numbers[:, i] for i, name in enumerate(self.number_columns_)}
        start = m + len(self.indicators_)
        for name, levels in self.levels_.items():
            best = Z[:, start : start + len(levels) + 1].argmax(axis=1)
            columns[name] = [levels[i] if i < len(levels) else None for i in best]
            start += len(levels) + 1
        for name in self.dropped_:
            columns[name] = [self.constants_[name]] * len(Z)
        return make_frame({name: columns[name] for name in self.columns_}, self.backend_ or "polars")

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return a name for each feature."""
        check_is_fitted(self)
        given = _check_feature_names_in(self, input_features)
        numbers = list(given) if self.columns_ is None else self.number_columns_
        names = list(numbers) + [f"{numbers[i]}_missing" for i in self.indicators_]
        for name, levels in self.levels_.items():
            names += [f"{name}={level}" for level in levels] + [f"{name}=other"]
        return np.array(names, dtype=object)

    def to_state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return what was learned as plain data and as arrays."""
        check_is_fitted(self)
        plain = {name: getattr(self, name) for name in ("numbers", "max_categories", *_PLAIN_STATE)}
        plain["constants_"] = getattr(self, "constants_", {})
        plain["blocks"] = [[block.kind, block.size] for block in self.space_.blocks]
        arrays = {name: getattr(self, name) for name in _ARRAY_STATE if getattr(self, name) is not None}
        return plain, arrays

    @classmethod
    def from_state(cls, plain: dict[str, Any], arrays: dict[str, np.ndarray]) -> Self:
        """Return a fitted preprocessor from what :meth:`to_state` returned."""
        self = cls(numbers=plain["numbers"], max_categories=plain["max_categories"])
        for name in (*_PLAIN_STATE, "constants_"):
            setattr(self, name, plain[name])
        for name in _ARRAY_STATE:
            setattr(self, name, arrays.get(name))
        self._check_state(arrays)
        self.space_ = self._space()
        if [[block.kind, block.size] for block in self.space_.blocks] != plain["blocks"]:
            raise DataError("The kinds of the preprocessing's blocks are not those of its columns.")
        self.n_features_in_ = len(self.columns_) if self.columns_ is not None else len(self.number_columns_)
        if self.columns_ is not None:
            self.mixed_ = True
            self.feature_names_in_ = np.array(self.columns_, dtype=object)
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

    def _space(self) -> Space:
        m = len(self.number_columns_)
        blocks = [Block(self.kind_, m)] if m else []
        blocks += [Block("unit", len(self.indicators_))] if len(self.indicators_) else []
        blocks += [Block("category", len(levels) + 1) for levels in self.levels_.values()]
        if not blocks:
            raise DataError("Every column is constant or empty; there is nothing to learn from.", "Check what was read.")
        return Space((sum(block.size for block in blocks),), tuple(blocks))

    def _check_state(self, arrays: dict[str, np.ndarray]) -> None:
        """Raise unless the arrays fit the columns: a file is not to be believed."""
        m = len(self.number_columns_)
        shapes: dict[str, Any] = dict.fromkeys(("offset_", "scale_", "fill_"), (m,))
        shapes |= {"indicators_": (len(arrays.get("indicators_", ())),), "quantiles_": (len(arrays.get("quantiles_", ())), m)}
        for name in sorted(arrays.keys() | (shapes.keys() - {"quantiles_"})):
            if name not in arrays or name not in shapes:
                what = "lacks" if name not in arrays else "has, beyond the model,"
                raise DataError(f"The file {what} the tensor preprocessing.{name}.")
            kind = np.int64 if name == "indicators_" else np.float64
            if arrays[name].shape != shapes[name] or arrays[name].dtype != kind:
                raise DataError(
                    f"The tensor preprocessing.{name} is {arrays[name].dtype} of shape {arrays[name].shape}; the model needs "
                    f"{np.dtype(kind)} of shape {shapes[name]}."
                )
        indicators = arrays["indicators_"]
        if len(indicators) and not (indicators.min() >= 0 and indicators.max() < m):
            raise DataError("The tensor preprocessing.indicators_ names columns that are not there.")

    def _fit_frame(self, table: Frame) -> None:
        self.constants_: dict[str, Any] = {}
        self.number_columns_ = []
        for name in table.columns:
            values = table.numbers.get(name)
            present = values[~np.isnan(values)] if values is not None else [v for v in table.texts[name] if v is not None]
            counts: dict[Any, int] = {}
            distinct = len(np.unique(present)) if values is not None else len(counts := Counter(present))
            if distinct < 2 and len(present) == len(table):
                self.dropped_.append(name)
                self.constants_[name] = present[0] if values is None else float(present[0])
            elif distinct == 0:
                self.dropped_.append(name)
                self.constants_[name] = None
            elif values is not None:
                self.number_columns_.append(name)
            else:
                frequent = sorted(counts, key=lambda level: (-counts[level], level))[: self.max_categories]
                self.levels_[name] = sorted(frequent)
        if self.dropped_:
            shown = ", ".join(repr(name) for name in self.dropped_[:5]) + (", ..." if len(self.dropped_) > 5 else "")
            self.notes_ = [f"Dropped {len(self.dropped_)} constant or empty column(s): {shown}."]

    def _fit_numbers(self, matrix: Any) -> None:
        d = matrix.shape[1]
        self.kind_, self.offset_, self.scale_ = "real", np.zeros(d), np.ones(d)
        self.indicators_ = np.zeros(0, dtype=int)
        self.quantiles_: np.ndarray | None = None
        if sp.issparse(matrix):
            self._fit_sparse(matrix)
            return
        if matrix.dtype.kind == "f":
            self.indicators_ = np.flatnonzero(np.isnan(matrix).any(axis=0))
        mode = _auto(matrix) if self.numbers == "auto" else self.numbers
        if d == 0:
            mode = "none"  # categories alone
        if mode == "bytes":
            self.kind_, self.scale_ = "unit", np.full(d, 255.0)
        elif mode == "unit":
            self.kind_ = "unit"
        elif mode == "standard":
            self.offset_, deviation = _moments(matrix)
            self.scale_ = np.where(deviation > 1e-12 * np.maximum(1.0, np.abs(self.offset_)), deviation, 1.0)
        elif mode == "minmax":
            self.kind_ = "unit"
            low, high = (np.nan_to_num(_quiet(end, matrix)) for end in (np.nanmin, np.nanmax))
            self.offset_, self.scale_ = low, np.where(high > low, high - low, 1.0)
        elif mode == "quantile":
            transformer = QuantileTransformer(
                n_quantiles=min(_QUANTILES, len(matrix)), output_distribution="normal", subsample=100_000, random_state=0
            )
            self.quantiles_ = np.nan_to_num(_quiet(lambda part, axis: transformer.fit(part).quantiles_, matrix))
        self.fill_ = np.zeros(d)  # the mean of what is standardised or made normal
        if mode in ("unit", "minmax", "none") and len(self.indicators_):
            self.fill_ = (np.nan_to_num(_quiet(np.nanmean, matrix)) - self.offset_) / self.scale_

    def _fit_sparse(self, matrix: Any) -> None:
        if self.numbers not in ("auto", "none"):
            raise DataError(
                f"numbers={self.numbers!r} would make a sparse matrix dense.", "Use numbers='auto' or 'none' on sparse rows."
            )
        self.fill_ = np.zeros(matrix.shape[1])
        low, high = (matrix.min(), matrix.max()) if matrix.nnz else (0.0, 0.0)
        if low >= 0 and high <= 1:
            self.kind_ = "unit"
        elif self.numbers == "auto":
            largest = abs(matrix).max(axis=0).toarray().ravel()
            self.scale_ = np.where(largest > 0, largest, 1.0)

    def _scaled(self, matrix: np.ndarray) -> np.ndarray:
        plain = self.quantiles_ is None and not self.offset_.any() and bool((self.scale_ == 1.0).all())
        if plain and matrix.dtype == np.float32 and not len(self.indicators_) and not np.isnan(matrix).any():
            return matrix
        result = np.empty(matrix.shape, dtype=np.float32)
        for start in range(0, len(matrix), _BLOCK_ROWS):
            part = matrix[start : start + _BLOCK_ROWS].astype(np.float64)
            if self.quantiles_ is None:
                part -= self.offset_
                part /= self.scale_
            elif part.shape[1]:
                part = self._quantile().transform(part)
            missing = np.isnan(part)
            if missing.any():
                part = np.where(missing, self.fill_, part)
            low, high = (0.0, 1.0) if self.kind_ == "unit" else (-3e38, 3e38)
            result[start : start + _BLOCK_ROWS] = np.clip(part, low, high)
        return result

    def _unscaled(self, numbers: np.ndarray) -> np.ndarray:
        if self.quantiles_ is not None and numbers.shape[1]:
            return self._quantile().inverse_transform(numbers)
        return numbers * self.scale_ + self.offset_

    def _quantile(self) -> QuantileTransformer:
        transformer = QuantileTransformer(output_distribution="normal")
        transformer.quantiles_ = self.quantiles_
        transformer.n_quantiles_ = len(self.quantiles_)  # type: ignore[arg-type]
        transformer.references_ = np.linspace(0, 1, transformer.n_quantiles_, endpoint=True)
        transformer.n_features_in_ = len(self.number_columns_)
        return transformer

    def _numbers_of(self, table: Frame) -> np.ndarray:
        columns = [table.numbers[name] for name in self.number_columns_]
        return np.stack(columns, axis=1) if columns else np.zeros((len(table), 0))

    def _check_unit(self, matrix: np.ndarray) -> None:
        """Refuse fractions where bytes were learned from, and bytes where fractions were: neither shows in the result."""
        if self.kind_ != "unit" or self.offset_.any() or not matrix.size:
            return
        scale = float(self.scale_[0]) if bool((self.scale_ == self.scale_[0]).all()) else 0.0
        fractions = matrix.dtype.kind == "f" and bool((matrix % 1 > 0).any()) and np.nanmax(matrix) <= 1
        if (scale == 255.0 and fractions) or (scale == 1.0 and matrix.dtype == np.uint8 and matrix.max() > 1):
            was, now = ("bytes from 0 to 255", "fractions") if fractions else ("values in [0, 1]", "bytes up to 255")
            raise DataError(f"The model was fitted on {was}; these rows are {now}.", "Give them the same scale.")

    def _check_columns(self, table: Any) -> None:
        if (self.columns_ is not None) != isinstance(table, Frame):
            was, now = ("a data frame", "an array") if self.columns_ is not None else ("an array", "a data frame")
            raise DataError(f"The model was fitted on {was} and is given {now}.", f"Give it {was} with the same columns.")
        if not isinstance(table, Frame):
            if table.shape[1] != self.n_features_in_:
                raise DataError(f"X has {table.shape[1]} features, but the model expects {self.n_features_in_} features as input.")
            return
        kinds = dict.fromkeys(self.number_columns_, "numbers") | dict.fromkeys(self.levels_, "categories")
        for name, kind in kinds.items():
            if name not in table.columns:
                raise DataError(f"Column {name!r} is missing; the model was fitted with it.", did_you_mean(name, table.columns))
            if (name in table.numbers) != (kind == "numbers"):
                raise DataError(
                    f"Column {name!r} held {kind} when the model was fitted and does not now.",
                    "Look for words among the numbers (or the reverse) in that column.",
                )


def _is_constant(matrix: Any) -> bool:
    """Whether all rows of an array are equal (a few rows tell in most cases)."""
    if sp.issparse(matrix) or matrix.shape[0] < 2:
        return False
    return all(bool(((part == matrix[:1]) | (part != part)).all()) for part in (matrix[:64], matrix))


def _auto(matrix: np.ndarray) -> str:
    if matrix.dtype == np.uint8:
        return "bytes"
    if matrix.size == 0 or np.isnan(low := _quiet(np.nanmin, matrix, axis=None)):
        return "standard"
    return "unit" if low >= 0 and np.nanmax(matrix) <= 1 else "standard"


def _moments(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.nan_to_num(_quiet(np.nanmean, matrix)), np.nan_to_num(_quiet(np.nanstd, matrix))


def _quiet(function: Any, matrix: np.ndarray, axis: int | None = 0) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a column without a value has no mean; it becomes 0
        return function(matrix if matrix.dtype == np.float64 else matrix.astype(np.float64), axis=axis)


def _one_hot(values: np.ndarray, levels: list[str]) -> np.ndarray:
    position = {level: i for i, level in enumerate(levels)}
    result = np.zeros((len(values), len(levels) + 1), dtype=np.float32)
    for row, value in enumerate(values):
        if value is not None:
            result[row, position.get(value, len(levels))] = 1.0
    return result
