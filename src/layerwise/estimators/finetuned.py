"""What the classifier and the regressor share: pretrain, put a head on top, fine-tune."""

from __future__ import annotations

import numbers
from copy import deepcopy
from typing import Any, ClassVar, Self

import numpy as np
import scipy.sparse as sp
import torch
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils import _safe_indexing
from sklearn.utils._param_validation import Interval, RealNotInt, StrOptions
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from .._contracts import Space
from .._errors import DataError, ParameterError
from .._random import Keys, seed_of
from ..data.frames import is_frame, stack_frames
from ..data.reading import read_rows
from ..data.sources import RowsOf
from ..objective import Supervised
from ..recipes import Recipe
from ..schedule import HeadOnly, Joint
from ..training import (
    BLOCK_ROWS,
    EVERYTHING,
    HEAD_FIRST,
    Event,
    Feed,
    Step,
    Training,
    as_plan,
    device_of,
    observer_for,
    precision_of,
    run_plan,
)
from .chosen import check_alone, chosen, finetuning_of, pretraining_of, take_over
from .labels import as_labels, is_unlabelled
from .params import SpecParams
from .pretrainer import Pretrainer
from .rows import changed, in_blocks, order_of, repeats
from .stopping import best_epochs, splits_for
from .transfer import transfer_report

HEAD_EPOCHS, EPOCHS = 5, 25


class Finetuned(SpecParams):
    """Base of PretrainedClassifier and PretrainedRegressor (abstract)."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "pretrainer": [Pretrainer, FrozenEstimator, None],
        "head": [Interval(numbers.Integral, 1, None, closed="left"), tuple, list],
        "plan": [list, tuple, None],
        "recipe": [str, Recipe, None],
        "start": [StrOptions({"pretrained", "random"})],
        "unlabeled": [str, numbers.Real, None],
        "training": [Training, None],
        "validation": [
            StrOptions({"auto"}),
            Interval(numbers.Integral, 2, None, closed="left"),
            Interval(RealNotInt, 0, 0.5, closed="right"),
            None,
        ],
        "device": [str],
        "precision": [StrOptions({"float32", "bfloat16", "auto"})],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def _fit_recipe(self, X: Any, y: Any, X_unlabeled: Any, sample_weight: Any) -> Self:
        """Fit the estimator that the recipe means for these rows, and take over what it learned."""
        check_alone(self, "pretrainer", "head", "plan")
        labelled = int((~is_unlabelled(as_labels(y), self.unlabeled)).sum())
        everything, _ = _with_unlabelled(X, X_unlabeled, None)
        recipe, why = chosen(self.recipe, everything, labelled)
        own = {name: getattr(self, name) for name in ("device", "random_state", "verbose")}
        pretrainer = Pretrainer(**(own | pretraining_of(recipe, self)))
        settings = {"recipe": None, "pretrainer": pretrainer} | finetuning_of(recipe, self)
        meant = type(self)(**(self.get_params(deep=False) | settings))
        meant.fit(X, y, X_unlabeled=X_unlabeled, sample_weight=sample_weight)
        take_over(self, meant)
        self.recipe_, self.why_ = recipe, why
        return self

    def _fit(
        self,
        X: Any,
        y: np.ndarray,
        unlabelled: np.ndarray,
        X_unlabeled: Any,
        sample_weight: Any,
        classes: Any,
    ) -> None:
        """Pretrain on every row and fine-tune on the labelled ones.

        ``y`` holds class indices or standardised targets, ``(n,)`` or ``(n, outputs)``; ``classes``
        the number of classes.
        """
        check_consistent_length(X, y)
        plan = self._plan()
        precision_of(self.precision, device_of(self.device))
        self.seed_ = seed_of(self.random_state)
        kept, weight = repeats(sample_weight, len(y))
        if changed(kept, weight, len(y)):
            X, y, unlabelled = _safe_indexing(X, kept), y[kept], unlabelled[kept]
            if unlabelled.all():
                raise DataError(
                    "Every labelled row has the weight 0.", "Give some of them a weight above 0."
                )
        everything, all_weights = _with_unlabelled(X, X_unlabeled, weight)
        self._pretrain(everything, all_weights)
        pretrainer = self._fitted_pretrainer()
        rows = pretrainer._source(everything)
        labelled = self._labelled(rows, y, np.flatnonzero(~unlabelled), weight, classes)
        target = Space.of("category", classes) if classes else Space.of("real", *y.shape[1:])
        self._finetune(pretrainer, plan, rows, labelled, target)

    def _pretrain(self, X: Any, weight: np.ndarray | None) -> None:
        if isinstance(self.pretrainer, FrozenEstimator):
            self.pretrainer_ = self.pretrainer
            return
        self.pretrainer_ = clone(self.pretrainer) if self.pretrainer is not None else Pretrainer()
        settings = (
            {"device": self.device, "precision": self.precision, "verbose": self.verbose}
            if self.pretrainer is None
            else {}
        )
        if self.pretrainer_.random_state is None:
            settings["random_state"] = self.seed_ % 2**31
        self.pretrainer_.set_params(**settings)
        learn = self.pretrainer_.fit if self.start == "pretrained" else self.pretrainer_.fit_random
        learn(X, sample_weight=weight)

    def _fitted_pretrainer(self) -> Pretrainer:
        frozen = isinstance(self.pretrainer_, FrozenEstimator)
        pretrainer = self.pretrainer_.estimator if frozen else self.pretrainer_
        if not isinstance(pretrainer, Pretrainer):
            raise ParameterError(
                f"The frozen estimator must be a Pretrainer. Got {type(pretrainer).__name__} "
                "instead.",
                "Freeze a fitted Pretrainer.",
            )
        check_is_fitted(pretrainer)
        return pretrainer

    def _labelled(
        self, rows: Any, y: np.ndarray, index: np.ndarray, weight: np.ndarray | None, classes: Any
    ) -> RowsOf:
        chosen = y[index]
        weights = self._row_weights(chosen, None if weight is None else weight[index])
        x = np.concatenate(
            [
                rows.take(index[i : i + BLOCK_ROWS]).x.flatten(1).numpy()
                for i in range(0, len(index), BLOCK_ROWS)
            ]
        )
        columns = [chosen] if chosen.ndim == 1 else list(chosen.T)
        order = order_of(x, weights, *columns)
        target = torch.from_numpy(chosen[order].astype(np.int64 if classes else np.float32))
        row_weights = (
            None if weights is None else torch.from_numpy(weights[order].astype(np.float32))
        )
        return RowsOf(rows, index[order], target, row_weights)

    def _row_weights(self, y: np.ndarray, weight: np.ndarray | None) -> np.ndarray | None:
        """Return the weights of the labelled rows in the loss."""
        return weight

    def _finetune(
        self,
        pretrainer: Pretrainer,
        plan: tuple[Step, ...],
        rows: Any,
        labelled: RowsOf,
        target: Space,
    ) -> None:
        keys = Keys(self.seed_).under("finetuning")
        start = self._start(pretrainer)
        device = device_of(self.device)
        settings: dict[str, Any] = {
            "keys": keys,
            "device": device,
            "autocast": precision_of(self.precision, device),
        }

        def search(train: np.ndarray, held: np.ndarray) -> list[dict[str, Any]]:
            feed = Feed(rows, _part(labelled, train), target, _part(labelled, held))
            return run_plan(deepcopy(start), plan, feed, **settings).history

        classes = (
            labelled.y.numpy() if target.kind == "category" and labelled.y is not None else None
        )
        splits = splits_for(self.validation, classes, len(labelled), keys.integer("validation"))
        self.plan_ = best_epochs(plan, splits, search) if splits else plan
        self.module_ = deepcopy(start)
        begun: list[Any] = []

        def watch(event: Event) -> None:
            if not begun:
                begun.append(deepcopy(self.module_).cpu())
            listen(event)

        listen = observer_for(self.verbose)
        run = run_plan(
            self.module_, self.plan_, Feed(rows, labelled, target), observe=watch, **settings
        )
        self.head_, self.history_ = run.state, run.history
        pretrained = pretrainer.module_ if self.start == "pretrained" else None
        self.transfer_report_ = transfer_report(
            pretrained, begun[0] if begun else start, self.module_
        )

    def _start(self, pretrainer: Pretrainer) -> Any:
        if self.start == "random" and isinstance(self.pretrainer_, FrozenEstimator):
            stack = pretrainer.stack_.with_best_init()
            return stack.build(pretrainer.space_, Keys(self.seed_).torch("weights"))
        return deepcopy(pretrainer.module_)

    def _plan(self) -> tuple[Step, ...]:
        if self.plan is not None:
            if self.head not in ((), []):
                raise ParameterError(
                    f"{type(self).__name__} was given a plan and also head={self.head!r}.",
                    "Give the head to Supervised in the plan.",
                )
            plan = as_plan(self.plan, self.training)
            self._check_depth(plan)
            if plan[-1].objectives[-1].head_widths() is None:
                raise ParameterError(
                    f"The last step of the fine-tuning plan is {plan[-1].objectives[-1]!r}, which "
                    "learns no labels.",
                    "End the plan with Supervised(...), Combined(...), PseudoLabels(...) or "
                    "Ladder(...).",
                )
            return plan
        head = (self.head,) if isinstance(self.head, numbers.Integral) else tuple(self.head)
        supervised = Supervised(head)
        first, then = (
            (self.training, self.training)
            if self.training is not None
            else (HEAD_FIRST, EVERYTHING)
        )
        return as_plan(
            [(supervised, HeadOnly(HEAD_EPOCHS), first), (supervised, Joint(EPOCHS), then)]
        )

    def _check_depth(self, plan: tuple[Step, ...]) -> None:
        """Raise now, not after pretraining, when a schedule lists epochs for another depth."""
        pretrainer = (
            self.pretrainer.estimator
            if isinstance(self.pretrainer, FrozenEstimator)
            else self.pretrainer
        )
        stack = getattr(pretrainer, "stack", None)
        if stack is not None and pretrainer.depth is None:
            for step in plan:
                step.phases(stack.depth)

    def _outputs(self, X: Any) -> np.ndarray:
        """Return the head's outputs, ``(n, outputs)``."""
        check_is_fitted(self)
        self._check_rows(X, reset=False)
        pretrainer = self._fitted_pretrainer()
        head = self.head_
        assert head is not None  # a fitted model has one

        def outputs(x: torch.Tensor) -> torch.Tensor:
            return head(self.module_.encode(x).flatten(1))

        return in_blocks(
            outputs, pretrainer._source(X), device_of(self.device), self.module_, head
        ).numpy()

    def encode(self, X: Any) -> np.ndarray:
        """Return the codes of the fine-tuned stack, ``(n, k)``."""
        check_is_fitted(self)
        self._check_rows(X, reset=False)
        source = self._fitted_pretrainer()._source(X)
        return in_blocks(self.module_.encode, source, device_of(self.device), self.module_).numpy()

    def _check_rows(self, X: Any, *, reset: bool) -> None:
        read_rows(self, X, reset=reset, min_rows=2 if reset else 1)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = True
        return tags


def _part(labelled: RowsOf, index: np.ndarray) -> RowsOf:
    position = torch.from_numpy(index)
    y = None if labelled.y is None else labelled.y[position]
    weight = None if labelled.weight is None else labelled.weight[position]
    return RowsOf(labelled.source, labelled.rows[index], y, weight)


def _with_unlabelled(X: Any, more: Any, weight: np.ndarray | None) -> tuple[Any, np.ndarray | None]:
    if more is None:
        return X, weight
    n = more.shape[0] if hasattr(more, "shape") else len(more)
    weights = None if weight is None else np.concatenate([weight, np.ones(n)])
    if is_frame(X) != is_frame(more):
        raise DataError(
            "One of X and X_unlabeled is a data frame and the other is not.",
            "Give both the same form.",
        )
    if is_frame(X):
        return stack_frames(X, more), weights
    if sp.issparse(X) != sp.issparse(more):
        raise DataError(
            "One of X and X_unlabeled is a sparse matrix and the other is not.",
            "Give both the same form.",
        )
    if not sp.issparse(X):
        X, more = np.asarray(X), np.asarray(more)
    if X.shape[1:] != more.shape[1:]:
        raise DataError(
            f"X_unlabeled has rows of shape {more.shape[1:]}, X of {X.shape[1:]}.",
            "Give both the same columns.",
        )
    return (sp.vstack([X, more]).tocsr() if sp.issparse(X) else np.concatenate([X, more])), weights
