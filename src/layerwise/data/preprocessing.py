"""From columns to a network's input, and back."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted

from .._contracts import Source
from .._durable import Facts
from .._errors import DataError, did_you_mean
from .._space import Block, Space
from .fitting import NUMBERS
from .frames import Frame, make_frame
from .kinds import as_matrix, settled, settled_as
from .number_steps import NumberSteps, fit_numbers
from .outside import names_of, tell_outside, unseen
from .reading import Given, Sparse, Table, read_table
from .roles import Roles, known_cells, one_hot, roles_of
from .sources import source_of
from .text import TextEncoding, Words, beside, state_of_text, text_of_state
from .whitening import WHITENINGS

_PARAMETERS: dict[str, Any] = {
    "numbers": str,
    "max_categories": int,
    "contrast": bool,
    "whitening": None,
    "epsilon": float,
}
_PLAIN_STATE = (
    "columns_",
    "backend_",
    "number_columns_",
    "levels_",
    "dropped_",
    "constants_",
)
_BLOCK_ROWS = 8192


class Preprocessor(TransformerMixin, BaseEstimator):
    """Numbers to a common scale, categories to one-hot columns, missing cells to a value and an
    indicator.

    Parameters
    ----------
    numbers : {'auto', 'unit', 'standard', 'robust', 'minmax', 'quantile', 'none'}, default 'auto'
        'standard': mean 0, variance 1; 'robust', for columns with far outliers: the distance z from
        the median, over the one between the quartiles (1 for a standard deviation, if normal), as
        ``z / sqrt(1 + (z / 3)**2)``, in (-3, 3); 'minmax': [0, 1]; 'quantile': to a normal
        distribution; 'none': as they are. 'auto' divides bytes by 255, leaves values that lie in
        [0, 1] as they are, scales a sparse matrix by its columns' largest values, and standardises
        everything else; 'unit' does the same but takes 'minmax' there.
    max_categories : int, default 100
        Levels of a category with a column of their own, the most frequent ones; the others, and
        those that were never seen in ``fit``, share one more column.
    contrast : bool, default False
        After scaling, ``(x - mean) / sqrt(var + c)`` with each row's own mean and variance over the
        number columns. ``c`` is 10 for pixels in 0..255 and in proportion elsewhere, ``10 (r /
        255)**2`` for numbers of range ``r``: 1 for what was brought to [0, 1], else from the
        smallest to the largest scaled number of ``fit``. For columns in one unit, such as pixels.
    whitening : {None, 'zca', 'pca'}, default None
        At last, makes the number columns uncorrelated. With ``V diag(D) V'`` their covariance in
        ``fit``, 'zca' takes them times ``V diag(1 / sqrt(D + epsilon)) V'`` (column i still
        resembles column i), 'pca' times ``V diag(1 / sqrt(D + epsilon))`` (as many columns, the
        largest component first; pixels have no neighbours any more). Two matrices of m x m numbers
        are kept.
    epsilon : float, default 0.1
        Of whitening; above 0. Variances far below it stay small. 0.1 suits rows with
        ``contrast=True``, whose variance is about 1; without it, compare it with the variance of
        the scaled numbers.

    text : {'auto'}, Words or Pieces, default 'auto'
        What becomes of columns of free text: :class:`Words`, a sparse bag of words ('auto'), or
        :class:`Pieces`, a row of tokens.
    text_columns : {'auto'} or sequence of str, default 'auto'
        Which columns of a data frame hold free text; 'auto' finds them: more than half of their
        cells differ, and they are longer than 30 bytes in the mean. A list of strings in place of a
        data frame is one column of text, whatever it holds.

    Attributes
    ----------
    space_ : Space
        Of the result: numbers ('real' after contrast or whitening), indicators of missing numbers,
        then the categories, then the text.
    dropped_ : list of str
        Columns of a data frame that are constant or empty.
    notes_ : list of str
        What was dropped, in sentences.

    Raises
    ------
    DataError
        In ``fit`` and ``transform``: a sparse matrix that would become dense, columns that differ
        from those of ``fit``, nothing to learn from.

    References
    ----------
    Coates, Lee and Ng (2011), "An analysis of single-layer networks in unsupervised feature
    learning" (contrast, ZCA, and the constants 10 and 0.1). Holzmueller, Grinsztajn and Steinwart
    (2024), "Better by default: strong pre-tuned MLPs and boosted trees on tabular data" ('robust').

    Examples
    --------
    >>> import numpy as np
    >>> from layerwise import Preprocessor
    >>> Preprocessor().fit_transform(np.array([[1.0, 2.0], [3.0, 2.0]])).tolist()
    [[-1.0, 0.0], [1.0, 0.0]]
    >>> X = np.random.default_rng(0).integers(0, 256, (100, 4), dtype=np.uint8)
    >>> model = Preprocessor(contrast=True, whitening="zca").fit(X)
    >>> model.transform(X).shape, model.space_.kind
    ((100, 4), 'real')
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "numbers": [StrOptions(set(NUMBERS))],
        "max_categories": [Interval(numbers.Integral, 1, None, closed="left")],
        "contrast": ["boolean"],
        "whitening": [StrOptions(set(WHITENINGS)), None],
        "epsilon": [Interval(numbers.Real, 0, None, closed="neither")],
        "text": [StrOptions({"auto"}), TextEncoding],
        "text_columns": [StrOptions({"auto"}), list, tuple],
    }

    def __init__(
        self,
        numbers: str = "auto",
        max_categories: int = 100,
        *,
        contrast: bool = False,
        whitening: str | None = None,
        epsilon: float = 0.1,
        text: TextEncoding | str = "auto",
        text_columns: str | Sequence[str] = "auto",
    ) -> None:
        self.numbers = numbers
        self.max_categories = max_categories
        self.contrast = contrast
        self.whitening = whitening
        self.epsilon = epsilon
        self.text = text
        self.text_columns = text_columns

    def fit(self, X: Given, y: object = None) -> Self:
        """Learn scales and categories from an array, a sparse matrix or a data frame of n rows."""
        self._validate_params()
        table = read_table(self, _flat(X), reset=True).values
        self.notes_: list[str] = []
        if isinstance(table, Frame):
            table, self.notes_ = settled(table, self.text_columns)
        self.columns_ = list(table.columns) if isinstance(table, Frame) else None
        self.backend_ = table.backend if isinstance(table, Frame) else None
        if isinstance(table, Frame):
            roles = roles_of(table, self.max_categories)
        else:
            roles = Roles([f"x{i}" for i in range(table.shape[1])], {}, {})
            if _is_constant(table):
                raise _nothing()
        self._take(roles)
        matrix = self._numbers_of(table) if isinstance(table, Frame) else table
        self.steps_, far = fit_numbers(
            matrix,
            names_of(X, self.number_columns_),
            numbers=self.numbers,
            contrast=self.contrast,
            whitening=self.whitening,
            epsilon=self.epsilon,
        )
        self.notes_ += [*roles.told(), *far]
        if self.text_columns_:
            encoding = Words() if isinstance(self.text, str) else self.text
            self.text_ = encoding.fit([table.texts[name] for name in self.text_columns_])
            self.notes_ += self.text_.notes
        self.space_ = self._space()
        return self

    def _take(self, roles: Roles) -> None:
        self.number_columns_, self.levels_ = roles.numbers, roles.levels
        self.dropped_, self.constants_ = roles.dropped, roles.constants
        self.text_columns_ = roles.texts

    def rows(
        self,
        X: Given,
        *,
        shape: tuple[int, ...] | None = None,
        weight: np.ndarray | None = None,
        tell: bool = False,
    ) -> Source:
        """Return the rows of a network with what was observed of them, in one pass over a table.

        Parameters
        ----------
        X : as in ``fit``
        shape : tuple of int, optional
            Of one row.
        weight : array of shape (n,), optional
        tell : bool, default False
            Whether to warn of cells outside what was learned, as ``transform`` does.
        """
        table, matrix = self._read(X)
        if tell:
            tell_outside(self._outside(table, matrix, names_of(X, self.number_columns_)))
        space = self.space_.shaped(shape)
        Z, observed = self._encoded(table, matrix), self._observed(table, matrix)
        return source_of(Z, space, observed, weight)

    def transform(self, X: Given) -> Any:
        """Return float32 rows ``(n, d)``; a sparse matrix stays sparse.

        A ``DataWarning`` tells of cells outside what was learned.
        """
        table, matrix = self._read(X)
        tell_outside(self._outside(table, matrix, names_of(X, self.number_columns_)))
        return self._encoded(table, matrix)

    def outside(self, X: Given) -> list[str]:
        """Return sentences on cells that lie outside what was learned: numbers beyond the range
        that the scaling can hold, categories that were never seen.

        Raises
        ------
        DataError
            When most rows are on another scale.
        """
        return self._outside(*self._read(X), names_of(X, self.number_columns_))

    def excess(self, X: Given) -> np.ndarray | None:
        """Return how far each number lies outside what the scaling can hold, in scaled units ``(n,
        m)``, or None where none does."""
        _, matrix = self._read(X)
        return None if sp.issparse(matrix) else self.steps_.scaling.excess(matrix)

    def _outside(
        self,
        table: Frame | np.ndarray | Sparse,
        matrix: np.ndarray | Sparse,
        names: Sequence[str],
    ) -> list[str]:
        told = self.steps_.outside(matrix, names)
        if isinstance(table, Frame):
            for name, levels in self.levels_.items():
                told += unseen(name, table.texts[name], levels, len(levels) >= self.max_categories)
        return told

    def observed(self, X: Given) -> np.ndarray | None:
        """Return which features were not missing, ``(n, d)``, or None when none was.

        After whitening every number comes from all columns, with a value in place of a missing
        cell: none is missing.
        """
        return self._observed(*self._read(X))

    def _read(self, X: Given) -> tuple[Frame | np.ndarray | Sparse, np.ndarray | Sparse]:
        """Return a table and its numbers."""
        check_is_fitted(self)
        table = read_table(self, _flat(X), reset=False).values
        if isinstance(table, Frame) and self.columns_ is None:
            table = as_matrix(table)
        self._check_columns(table)
        if isinstance(table, Frame):
            table = settled_as(table, self.number_columns_, self.levels_, self.text_columns_)
        return table, self._numbers_of(table) if isinstance(table, Frame) else table

    def _encoded(self, table: Frame | np.ndarray | Sparse, matrix: np.ndarray | Sparse) -> Any:
        if not isinstance(table, Frame):
            return self.steps_.apply(matrix)
        place = matrix.shape[1] + len(self.steps_.indicators)
        width = place + sum(len(levels) + 1 for levels in self.levels_.values())
        rows = np.empty((len(table), width), dtype=np.float32)
        self.steps_.write(np.asarray(matrix), rows)
        for name, levels in self.levels_.items():
            rows[:, place : place + len(levels) + 1] = one_hot(table.texts[name], levels)
            place += len(levels) + 1
        if not self.text_columns_:
            return rows
        texts = self.text_.rows([table.texts[name] for name in self.text_columns_])
        return beside(rows, texts)

    def _observed(
        self, table: Frame | np.ndarray | Sparse, matrix: np.ndarray | Sparse
    ) -> np.ndarray | None:
        if sp.issparse(matrix) or (self.text_columns_ and self.text_.sparse):
            return None
        parts = [self.steps_.observed(matrix)]
        if isinstance(table, Frame):
            parts += [known_cells(table.texts[n], levels) for n, levels in self.levels_.items()]
            if self.text_columns_:
                size = sum(block.size for block in self.text_.blocks)
                parts.append(np.ones((len(matrix), size), dtype=bool))
        mask = np.concatenate(parts, axis=1)
        return None if mask.all() else mask

    def inverse_transform(self, Z: ArrayLike) -> Any:
        """Return the original columns: an array, or a data frame of the library that made the first
        one.

        A dropped column comes back as its constant, a category as its most probable level.
        Whitening and scaling are undone. Contrast cannot be: a row's own brightness and contrast
        are gone, and it comes back in the columns' units with the average ones of the training
        rows, its shape kept.
        """
        check_is_fitted(self)
        Z = np.asarray(Z, dtype=np.float64)
        m = len(self.number_columns_)
        numbers = self.steps_.undo(Z[:, :m])
        if self.columns_ is None:
            return numbers
        columns: dict[str, Any] = {
            name: numbers[:, i] for i, name in enumerate(self.number_columns_)
        }
        start = m + len(self.steps_.indicators)
        for name, levels in self.levels_.items():
            best = Z[:, start : start + len(levels) + 1].argmax(axis=1)
            columns[name] = [levels[i] if i < len(levels) else None for i in best]
            start += len(levels) + 1
        if self.text_columns_:
            columns |= self.text_.texts(Z[:, start:], self.text_columns_)
        for name in self.dropped_:
            columns[name] = [self.constants_[name]] * len(Z)
        return make_frame(
            {name: columns[name] for name in self.columns_}, self.backend_ or "polars"
        )

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> np.ndarray:
        """Return a name for each feature; principal components are called ``pca0``, ``pca1`` and so
        on."""
        check_is_fitted(self)
        given = _check_feature_names_in(self, input_features)
        numbers = list(given) if self.columns_ is None else self.number_columns_
        names = self.steps_.names(numbers, self.whitening == "pca")
        for name, levels in self.levels_.items():
            names += [f"{name}={level}" for level in levels] + [f"{name}=other"]
        if self.text_columns_:
            names += self.text_.names(self.text_columns_)
        return np.array(names, dtype=object)

    def to_state(self) -> tuple[Facts, dict[str, np.ndarray]]:
        """Return what was learned as plain data and as arrays."""
        check_is_fitted(self)
        plain = {name: getattr(self, name) for name in _PLAIN_STATE}
        for name, kind in _PARAMETERS.items():
            value = getattr(self, name)
            plain[name] = value if kind is None else kind(value)  # numpy's numbers are no JSON
        plain["kind_"] = self.steps_.scaling.kind
        plain["blocks"] = [[block.kind, block.size] for block in self.space_.blocks]
        arrays = self.steps_.arrays()
        if self.text_columns_:
            plain["text"], learned = state_of_text(self.text_, self.text_columns_)
            arrays |= learned
        return plain, arrays

    @classmethod
    def from_state(cls, plain: Facts, arrays: dict[str, np.ndarray]) -> Self:
        """Return a fitted preprocessor from what :meth:`to_state` returned; parameters that are
        newer than it keep their defaults.

        Raises
        ------
        DataError
            When plain data and arrays do not belong together.
        """
        self = cls(
            **{
                name: plain[name]
                for name in _PARAMETERS
                if name in plain or name in ("numbers", "max_categories")
            }
        )
        self._validate_params()
        for name in _PLAIN_STATE:
            setattr(self, name, plain[name])
        m = len(self.number_columns_)
        self.text_columns_, others = [], arrays
        if "text" in plain:
            others = {name: a for name, a in arrays.items() if not name.startswith("text_")}
            learned = {name: a for name, a in arrays.items() if name.startswith("text_")}
            self.text_, self.text_columns_ = text_of_state(plain["text"], learned)
            self.text, self.text_columns = self.text_.encoding, tuple(self.text_columns_)
        self.steps_ = NumberSteps.of_arrays(
            others, plain["kind_"], m, contrast=self.contrast, whitening=bool(self.whitening)
        )
        self.space_ = self._space()
        if [[block.kind, block.size] for block in self.space_.blocks] != plain["blocks"]:
            raise DataError("The kinds of the preprocessing's blocks are not those of its columns.")
        self.n_features_in_ = (
            len(self.columns_) if self.columns_ is not None else len(self.number_columns_)
        )
        if self.columns_ is not None:
            self.mixed_ = True
            self.feature_names_in_ = np.array(self.columns_, dtype=object)
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = not self.contrast and self.whitening is None
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

    def _space(self) -> Space:
        blocks = self.steps_.blocks(len(self.number_columns_))
        blocks += [Block("category", len(levels) + 1) for levels in self.levels_.values()]
        blocks += self.text_.blocks if self.text_columns_ else []
        if not blocks:
            raise _nothing()
        return Space((sum(block.size for block in blocks),), tuple(blocks))

    def _numbers_of(self, table: Frame) -> np.ndarray:
        columns = [table.numbers[name] for name in self.number_columns_]
        return np.stack(columns, axis=1) if columns else np.zeros((len(table), 0))

    def _check_columns(self, table: Frame | np.ndarray | Sparse) -> None:
        if (self.columns_ is not None) != isinstance(table, Frame):
            was, now = (
                ("a data frame", "an array")
                if self.columns_ is not None
                else ("an array", "a data frame")
            )
            raise DataError(
                f"The model was fitted on {was} and is given {now}.",
                f"Give it {was} with the same columns.",
            )
        if not isinstance(table, Frame):
            return
        for name in (*self.number_columns_, *self.levels_, *self.text_columns_):
            if name not in table.columns:
                raise DataError(
                    f"Column {name!r} is missing; the model was fitted with it.",
                    did_you_mean(name, table.columns),
                )


def _flat(X: Given) -> Given:
    return X.flat() if isinstance(X, Table) else X


def _nothing() -> DataError:
    return DataError(
        "Every column is constant or empty; there is nothing to learn from.",
        "Check what was read.",
    )


def _is_constant(matrix: np.ndarray | Sparse) -> bool:
    """Whether all rows of an array are equal (a few rows tell in most cases)."""
    if sp.issparse(matrix) or matrix.shape[0] < 2:
        return False
    return all(
        bool(((part == matrix[:1]) | (part != part)).all()) for part in (matrix[:64], matrix)
    )
