"""Regression from few labels."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin
from sklearn.frozen import FrozenEstimator
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_array

from .._errors import DataError
from .._random import RandomState
from ..data.far import far_cells
from ..data.reading import Given, Table, is_source
from ..data.sources import weights_in
from ..recipes import Recipe
from ..training import Plan, Training
from .finetuned import Finetuned
from .labels import (
    Marker,
    as_labels,
    check_labelled,
    check_marker,
    is_unlabelled,
    refuse_markers,
    refuse_words,
    warn_of_far,
)
from .pretrainer import Pretrainer
from .rows import repeats, weights_of


class PretrainedRegressor(RegressorMixin, Finetuned):
    """Pretrain on every row, put a head on top, fine-tune on the labelled rows by squared error.

    Targets are standardised for training and come back in their own unit; several outputs are
    learned together.

    Parameters
    ----------
    pretrainer, head, plan, start, unlabeled, training, validation, device, precision, random_state,
    verbose, checkpoint
        As in ``PretrainedClassifier``; ``unlabeled`` is usually NaN.

    Attributes
    ----------
    module_, head_, pretrainer_, history_, plan_, transfer_report_
        As in ``PretrainedClassifier``.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_diabetes
    >>> from layerwise import PretrainedRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> few = np.where(np.arange(len(y)) < 100, y, np.nan)
    >>> PretrainedRegressor(unlabeled=np.nan, random_state=0).fit(X, few).predict(X[:2]).shape
    (2,)
    """

    def __init__(
        self,
        pretrainer: Pretrainer | FrozenEstimator | None = None,
        *,
        head: int | Sequence[int] = (),
        plan: Plan | None = None,
        recipe: Recipe | str | None = None,
        start: str = "pretrained",
        unlabeled: Marker = None,
        training: Training | None = None,
        validation: float | int | str | None = None,
        device: str = "auto",
        precision: str = "float32",
        random_state: RandomState = None,
        verbose: int = 0,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> None:
        self.pretrainer = pretrainer
        self.head = head
        self.plan = plan
        self.recipe = recipe
        self.start = start
        self.unlabeled = unlabeled
        self.training = training
        self.validation = validation
        self.device = device
        self.precision = precision
        self.random_state = random_state
        self.verbose = verbose
        self.checkpoint = checkpoint

    def fit(
        self,
        X: Given,
        y: ArrayLike,
        X_unlabeled: Given | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Learn from all rows, fine-tune on the labelled ones.

        Parameters
        ----------
        X : array of shape (n, d) or (n, c, h, w), sparse matrix or data frame
        y : array of shape (n,) or (n, outputs)
            Numbers; a row with a marker in any output has no label.
        X_unlabeled : like X, optional
        sample_weight : array of shape (n,), optional

        Raises
        ------
        DataError
            When fewer than two rows have a label.
        ValueError, ParameterError, PairingError, TrainingError
            As in ``Pretrainer.fit``.
        """
        self._begin()
        table = self._read(X, X_unlabeled)
        if y is None:
            raise ValueError(
                "This PretrainedRegressor estimator requires y to be passed, but the target y is "
                "None."
            )
        y = as_labels(y)
        check_consistent_length(X, y)
        self._learn(table, y, sample_weight)
        return self

    def _learn_labels(self, table: Table, y: ArrayLike, sample_weight: ArrayLike | None) -> None:
        y = as_labels(y)
        unlabelled = is_unlabelled(y, self.unlabeled)
        missing = int(is_unlabelled(y, np.nan).sum()) if self.unlabeled is None else 0
        if missing:
            raise DataError(
                f"Input y contains NaN in {missing} of {len(y)} rows.",
                "If those rows have no target, say so with unlabeled=np.nan.",
            )
        if len(table) == len(y):
            check_marker(y, unlabelled, self.unlabeled)
        check_labelled(~unlabelled, self.unlabeled)
        refuse_words(y[~unlabelled])
        known = check_array(y[~unlabelled], ensure_2d=False, dtype=np.float64, input_name="y")
        for column in known.reshape(len(known), -1).T:
            if (far := far_cells(column)) is not None:
                warn_of_far(float(column[far]))
        if len(known) < 2:
            raise DataError(
                f"{len(known)} row has a label; at least 2 are needed.", "Label more rows."
            )
        targets = np.zeros((len(y), 1 if known.ndim == 1 else known.shape[1]))
        known = known.reshape(len(known), -1)
        repeats(sample_weight, len(y))  # refuses weights that cannot be used
        own = weights_in(table.values) if is_source(table.values) else None
        weight = own if sample_weight is None else weights_of(sample_weight, len(y))
        weight = None if weight is None else weight[~unlabelled]
        if weight is not None and not weight.any():
            raise DataError(
                "Every labelled row has the weight 0.", "Give some of them a weight above 0."
            )
        self.target_mean_ = np.average(known, axis=0, weights=weight)
        centred = known - self.target_mean_
        largest = np.abs(centred).max(axis=0)
        unit = np.exp2(np.floor(np.log2(np.where(largest > 0, largest, 1.0))))  # exact, any size
        deviation = unit * np.sqrt(np.average((centred / unit) ** 2, axis=0, weights=weight))
        self.target_scale_ = np.where(deviation > 0, deviation, 1.0)
        targets[~unlabelled] = centred / self.target_scale_
        self.outputs_ = y.shape[1:]
        self._train(table, targets, unlabelled, sample_weight, None)

    def predict(self, X: Given) -> np.ndarray:
        """Return the targets, ``(n,)`` or ``(n, outputs)``."""
        outputs = self._outputs(X).astype(np.float64) * self.target_scale_ + self.target_mean_
        return outputs.reshape(len(outputs), *self.outputs_)

    def score(self, X: Given, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the coefficient of determination, R².

        Raises
        ------
        DataError
            When y holds the marker.
        """
        refuse_markers(as_labels(y), self.unlabeled)
        return float(super().score(X, y, sample_weight))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = True
        return tags
