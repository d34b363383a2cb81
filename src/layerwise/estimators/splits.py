"""Cross-validation with unlabelled rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.model_selection import check_cv

from .._errors import DataError
from .labels import Marker, as_labels, check_labelled, is_unlabelled


class Splitter(Protocol):
    """What cuts rows into folds, as scikit-learn's splitters do."""

    def split(
        self, X: np.ndarray, y: np.ndarray | None = None, groups: np.ndarray | None = None
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]: ...

    def get_n_splits(
        self, X: object = None, y: ArrayLike | None = None, groups: ArrayLike | None = None
    ) -> int: ...


# A number of folds, a splitter, or the (train, held out) positions themselves
Folds: TypeAlias = int | Splitter | Iterable[tuple[ArrayLike, ArrayLike]]


class LabeledSplit(BaseEstimator):
    """Split the labelled rows as ``cv`` does; the unlabelled rows are in every training part and in
    no test part.

    Parameters
    ----------
    cv : int, splitter or iterable, default 5
        As in scikit-learn; an int makes stratified folds for classes (words, truth values, up to 20
        whole numbers).
    unlabeled : marker, default -1
        As in ``PretrainedClassifier``.

    Examples
    --------
    >>> import numpy as np
    >>> from layerwise import LabeledSplit
    >>> y = np.array([0, 1, 0, 1, -1, -1])
    >>> [test.tolist() for _, test in LabeledSplit(2).split(np.zeros((6, 1)), y)]
    [[0, 1], [2, 3]]
    """

    def __init__(self, cv: Folds = 5, unlabeled: Marker = -1) -> None:
        self.cv = cv
        self.unlabeled = unlabeled

    def split(
        self, X: object, y: ArrayLike | None = None, groups: ArrayLike | None = None
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield (train, test) row numbers.

        Raises
        ------
        DataError
            Without y, or when no row has a label.
        """
        if y is None:
            raise DataError(
                "LabeledSplit needs y: it splits the labelled rows.",
                "Give y to split or to cross_val_score.",
            )
        y = as_labels(y)
        without = is_unlabelled(y, self.unlabeled)
        check_labelled(~without, self.unlabeled)
        labelled, others = np.flatnonzero(~without), np.flatnonzero(without)
        groups = None if groups is None else np.asarray(groups)[labelled]
        for train, test in self._splitter(y[labelled]).split(
            labelled[:, None], _plain(y[labelled]), groups
        ):
            yield np.concatenate([labelled[train], others]), labelled[test]

    def get_n_splits(
        self, X: object = None, y: ArrayLike | None = None, groups: ArrayLike | None = None
    ) -> int:
        """Return the number of splits."""
        return self._splitter(None if y is None else as_labels(y)).get_n_splits(X, y, groups)

    def _splitter(self, y: np.ndarray | None) -> Splitter:
        classes = y is not None and (
            y.dtype.kind in "OUSb" or (len(np.unique(y)) <= 20 and bool((y == np.round(y)).all()))
        )
        return check_cv(self.cv, None if y is None else _plain(y), classifier=classes)


def _plain(y: np.ndarray) -> np.ndarray:
    return y.astype(str) if y.dtype.kind == "O" else y
