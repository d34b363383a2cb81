"""Classification from few labels."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin
from sklearn.frozen import FrozenEstimator
from sklearn.utils import check_consistent_length, column_or_1d
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets

from .._errors import DataError
from .._random import RandomState
from ..data.reading import Given, Table
from ..recipes import Recipe
from ..training import Plan, Training
from .finetuned import Finetuned
from .labels import (
    Marker,
    as_labels,
    check_labelled,
    check_marker,
    comparable,
    is_unlabelled,
    refuse_dates,
    refuse_markers,
    warn_of_blanks,
    warn_of_minus_one,
)
from .pretrainer import Pretrainer


class PretrainedClassifier(ClassifierMixin, Finetuned):
    """Pretrain on every row, put a head on top, fine-tune on the labelled rows.

    Parameters
    ----------
    pretrainer : Pretrainer or FrozenEstimator, optional
        Cloned and fitted on all rows; a fitted one inside ``sklearn.frozen.FrozenEstimator`` is
        used as it stands.
    head : tuple of int, default ()
        Hidden layers between the code and the output.
    plan : list of (objective, schedule) or (objective, schedule, Training), optional
        How to fine-tune; by default the head alone for 5 epochs, then everything for 25, with at
        least 100 and 400 steps.
    recipe : 'auto', str or Recipe, optional
        In place of ``pretrainer``, ``head`` and ``plan``: one that fits the rows and the number of
        labels, by name, or a value of ``layerwise.recipes``. Attributes ``recipe_`` and ``why_``
        then say which, and why.
    start : {'pretrained', 'random'}, default 'pretrained'
        'random' is the control: the same network, head, plan and settings from random weights.
    unlabeled : number, str or None, default None
        What marks a row of y without a label, for instance -1 or NaN; 'missing' marks None, NaN and
        ''. With None every row has a label.
    class_weight : dict, 'balanced' or None, default None
    training : Training, optional
        For steps of the plan without their own; by default batches of 32 and a cosine from 0.001.
    validation : {'auto'}, int, float or None, default None
        How the number of epochs of the plan's last phase is chosen, on the labelled rows alone:
        None takes the plan's; a float holds that share out; an int is a number of folds; 'auto'
        holds a fifth out, or takes 5 folds when that would be fewer than 5 rows of a class. The
        network is then fitted again on all labelled rows.
    device, precision, random_state, verbose, checkpoint
        As in ``Pretrainer``; for a ``pretrainer`` of yours its own hold, but for a ``random_state``
        of None.

    Attributes
    ----------
    classes_ : array
        Sorted.
    module_, head_ : torch.nn.Module
        The fine-tuned stack and the head.
    pretrainer_ : Pretrainer
    history_ : list of dict
    plan_ : tuple of Step
    transfer_report_ : list of dict
        Whether the pretrained weights arrived (``start_difference``: 0), and how far each stage
        ``moved``.

    References
    ----------
    Erhan, Bengio, Courville, Manzagol, Vincent and Bengio (2010), "Why does unsupervised
    pre-training help deep learning?"

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_digits
    >>> from layerwise import PretrainedClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> X, few = X / 16, np.where(np.arange(len(y)) < 100, y, -1)
    >>> model = PretrainedClassifier(unlabeled=-1, random_state=0).fit(X, few)
    >>> bool(model.score(X[100:], y[100:]) > 0.75)
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = Finetuned._parameter_constraints | {
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    def __init__(
        self,
        pretrainer: Pretrainer | FrozenEstimator | None = None,
        *,
        head: int | Sequence[int] = (),
        plan: Plan | None = None,
        recipe: Recipe | str | None = None,
        start: str = "pretrained",
        unlabeled: Marker = None,
        class_weight: dict[Any, float] | str | None = None,
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
        self.class_weight = class_weight
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
        y : array of shape (n,)
            Classes; rows that hold the marker ``unlabeled`` have none.
        X_unlabeled : like X, optional
            More rows to pretrain on.
        sample_weight : array of shape (n,), optional

        Raises
        ------
        DataError
            When no row has a label, or all labels are one class.
        ValueError, ParameterError, PairingError, TrainingError
            As in ``Pretrainer.fit``.
        """
        self._begin()
        table = self._read(X, X_unlabeled)
        y = self._read_y(y)
        check_consistent_length(X, y)
        self._learn(table, y, sample_weight)
        return self

    def _learn_labels(self, table: Table, y: ArrayLike, sample_weight: ArrayLike | None) -> None:
        y = self._read_y(y)
        unlabelled = is_unlabelled(y, self.unlabeled)
        if len(table) == len(y):
            check_marker(y, unlabelled, self.unlabeled)
        check_labelled(~unlabelled, self.unlabeled)
        labels = comparable(y[~unlabelled])
        check_classification_targets(labels)
        if self.unlabeled is None:
            warn_of_minus_one(labels)
        self.classes_, indices = np.unique(labels, return_inverse=True)
        warn_of_blanks(self.classes_)
        if len(self.classes_) < 2:
            only = self.classes_.tolist()[0]
            raise DataError(
                f"All {len(labels)} labelled rows are of one class, {only!r}; at least two classes "
                "are needed.",
                "Label rows of another class.",
            )
        codes = np.full(len(y), -1, dtype=np.int64)
        codes[~unlabelled] = indices
        self._train(table, codes, unlabelled, sample_weight, len(self.classes_))

    def predict_proba(self, X: Given) -> np.ndarray:
        """Return the probability of each class, ``(n, classes)``, in the order of ``classes_``."""
        return torch.softmax(torch.from_numpy(self._outputs(X)).double(), dim=1).numpy()

    def predict(self, X: Given) -> np.ndarray:
        """Return the most probable class of each row."""
        best = self._outputs(X).argmax(axis=1)
        return self.classes_[best]

    def score(self, X: Given, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the accuracy.

        Raises
        ------
        DataError
            When y holds the marker: rows without a label cannot be scored.
        """
        refuse_markers(as_labels(y), self.unlabeled)
        return float(super().score(X, y, sample_weight))

    def _read_y(self, y: ArrayLike | None) -> np.ndarray:
        if y is None:
            raise ValueError(
                "This PretrainedClassifier estimator requires y to be passed, but the target y is "
                "None."
            )
        labels = column_or_1d(as_labels(y), warn=True)
        refuse_dates(labels)
        if self.unlabeled is None and is_unlabelled(labels, "missing").any():
            raise DataError(
                f"Input y contains NaN or None in {int(is_unlabelled(labels, 'missing').sum())} "
                "rows.",
                "If those rows have no label, say so with unlabeled='missing'.",
            )
        if labels.dtype.kind == "f" and np.isinf(labels).any():
            raise DataError(
                "Input y contains infinity; expected classes.", "Look at the rows where it does."
            )
        return labels

    def _row_weights(self, y: np.ndarray, weight: np.ndarray | None) -> np.ndarray | None:
        if self.class_weight is None:
            return weight
        given = self.class_weight
        if isinstance(given, dict):
            position = {label: i for i, label in enumerate(self.classes_.tolist())}
            given = {position[label]: value for label, value in given.items() if label in position}
        per_class = compute_class_weight(given, classes=np.arange(len(self.classes_)), y=y)
        return per_class[y] * (1.0 if weight is None else weight)
