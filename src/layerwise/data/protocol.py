"""What a preprocessing is: from a table to the rows of a network, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeAlias, cast

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, TransformerMixin

from .._contracts import Source
from .._durable import Facts
from .._errors import DataError
from .._space import Block, Space
from .reading import Given, Table, is_source
from .sources import source_of


class Preprocessing(Protocol):
    """Learned on a table; gives the rows of a network in one pass.

    ``rows`` returns a source whose space is ``space_``; a batch of it says which cells were
    observed. ``shape`` is that of one row where it has more than one dimension, ``weight`` a weight
    per row.
    """

    @property
    def space_(self) -> Space: ...

    def fit(self, X: Given, y: object = None) -> Self: ...

    def rows(
        self,
        X: Given,
        *,
        shape: tuple[int, ...] | None = None,
        weight: np.ndarray | None = None,
    ) -> Source: ...

    def inverse_transform(self, Z: np.ndarray) -> Any: ...


class AsIs(TransformerMixin, BaseEstimator):
    """Rows that are a network's input already: those of a Source, or arrays of the same features.

    Attributes
    ----------
    space_ : Space
    """

    space_: Space

    def fit(self, X: Given, y: object = None) -> Self:
        """Remember the space of a source."""
        source = X.values if isinstance(X, Table) else X
        if not is_source(source):
            raise DataError(f"Expected a Source. Got {type(source).__name__} instead.")
        self.space_ = source.space
        return self

    def rows(
        self,
        X: Given,
        *,
        shape: tuple[int, ...] | None = None,
        weight: np.ndarray | None = None,
    ) -> Source:
        """Return the source itself, or the rows of an array as a source."""
        values = X.values if isinstance(X, Table) else X
        if is_source(values):
            if values.space != self.space_:
                raise DataError(
                    f"The model was fitted on rows of {self.space_}; these are of {values.space}."
                )
            return values
        if hasattr(values, "columns"):
            raise DataError(
                "The model was fitted on a Source and is given a data frame.",
                "Give it a Source, or an array of the same features.",
            )
        whole(values, "The rows have", "Give a Source whose batches say what was observed.")
        return source_of(values, self.space_, weight=weight)

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the rows."""
        return X

    def inverse_transform(self, Z: np.ndarray) -> np.ndarray:
        """Return the rows."""
        return Z

    def to_state(self) -> tuple[Facts, dict[str, np.ndarray]]:
        """Return the space as plain data."""
        blocks = [[b.kind, b.size, b.link, b.levels] for b in self.space_.blocks]
        return {"as_is": blocks, "shape": list(self.space_.shape)}, {}

    @classmethod
    def from_state(cls, plain: Facts, arrays: dict[str, np.ndarray]) -> Self:
        """Return what :meth:`to_state` described.

        Raises
        ------
        DataError
            When there are arrays: none belong to it.
        """
        if arrays:
            raise DataError(f"The file has, beyond the model, the tensor {next(iter(arrays))}.")
        self = cls()
        self.space_ = Space(tuple(plain["shape"]), tuple(Block(*b) for b in plain["as_is"]))
        return self


# What an estimator takes: a preprocessing, a transformer, 'auto', or None
Prepares: TypeAlias = Preprocessing | TransformerMixin | str | None


@dataclass
class Adapted:
    """A scikit-learn transformer of the user's own as a preprocessing: it is given what the user
    gave."""

    transformer: TransformerMixin
    width: int = 0

    @property
    def space_(self) -> Space:
        """Of the rows: real numbers, unless the transformer says otherwise."""
        given: Space | None = getattr(self.transformer, "space_", None)
        return Space.of("real", self.width) if given is None else given

    def fit(self, X: Given, y: object = None) -> Self:
        """Fit the transformer."""
        self.transformer.fit(cast(Table, X).given)
        return self

    def rows(
        self,
        X: Given,
        *,
        shape: tuple[int, ...] | None = None,
        weight: np.ndarray | None = None,
    ) -> Source:
        """Return the transformed rows."""
        Z = self.transformer.transform(cast(Table, X).given)
        self.width = int(Z.shape[1])
        name = type(self.transformer).__name__
        whole(Z, f"What {name} gives has", "Let it fill in missing cells, or use a Preprocessor.")
        return source_of(Z, self.space_.shaped(shape), weight=weight)

    def inverse_transform(self, Z: np.ndarray) -> Any:
        """Return the original columns."""
        return self.transformer.inverse_transform(Z)


def whole(Z: Any, what: str, hint: str) -> None:
    """Refuse rows with missing cells, where nothing says which were observed.

    Raises
    ------
    DataError
        When a cell is NaN.
    """
    values = Z.data if sp.issparse(Z) else np.asarray(Z)
    if values.dtype.kind == "f" and np.isnan(values).any():
        raise DataError(f"{what} missing cells (NaN).", hint)


def as_preprocessing(transformer: Preprocessing | TransformerMixin) -> Preprocessing:
    """Return a transformer as a preprocessing: itself where it has ``rows``."""
    return transformer if callable(getattr(transformer, "rows", None)) else Adapted(transformer)
