"""What the classifier and the regressor share: pretrain, put a head on top, fine-tune."""

from __future__ import annotations

import numbers
import os
from copy import deepcopy
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.base import clone, is_classifier
from sklearn.frozen import FrozenEstimator
from sklearn.utils._param_validation import Interval, RealNotInt, StrOptions
from sklearn.utils.validation import check_is_fitted

from .._contracts import Source
from .._durable import Facts
from .._errors import DataError, ParameterError
from .._random import Keys, seed_of
from .._space import Space
from ..architecture import StackModule
from ..data.reading import Given, Table, is_source, read_table
from ..data.sources import RowsOf, weights_in
from ..objective import Supervised
from ..recipes import Recipe
from ..schedule import HeadOnly, Joint
from ..training import (
    EVERYTHING,
    HEAD_FIRST,
    Event,
    Feed,
    Step,
    Training,
    Written,
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
from .together import with_unlabelled
from .transfer import transfer_report

HEAD_EPOCHS, EPOCHS = 5, 25


class Finetuned(SpecParams):
    """Base of PretrainedClassifier and PretrainedRegressor (abstract)."""

    plan_: tuple[Step, ...] | Written

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "pretrainer": [Pretrainer, FrozenEstimator, None],
        "head": [Interval(numbers.Integral, 1, None, closed="left"), tuple, list],
        "plan": [list, tuple, Written, None],
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
        "checkpoint": [str, os.PathLike, None],
    }

    def _read(self, X: Given, X_unlabeled: Given | None) -> Table:
        """Return all rows to learn from, those of X first, read once."""
        return read_table(self, with_unlabelled(X, X_unlabeled), reset=True, min_rows=2)

    def _learn(self, table: Table, y: ArrayLike, sample_weight: ArrayLike | None) -> None:
        """Learn from a table that was read; y holds the labels of its first rows."""
        with self._kept():
            if self.recipe is not None:
                self._learn_recipe(table, y, sample_weight)
            else:
                self._learn_labels(table, y, sample_weight)

    def _learn_recipe(self, table: Table, y: ArrayLike, sample_weight: ArrayLike | None) -> None:
        """Let the estimator that the recipe means for these rows learn, and take over from it."""
        meant, self.recipe_, self.why_ = self._meant(table, y)
        meant._learn_labels(table, y, sample_weight)
        take_over(self, meant)

    def _meant(self, table: Table, y: ArrayLike) -> tuple[Self, Recipe, str]:
        """Return the estimator that the recipe means for these rows, the recipe, and who chose
        it."""
        check_alone(self, "pretrainer", "head", "plan", "training")
        assert self.recipe is not None  # who calls has asked
        labelled = int((~is_unlabelled(as_labels(y), self.unlabeled)).sum())
        recipe, why = chosen(self.recipe, table, labelled, classes=is_classifier(self))
        own = {name: getattr(self, name) for name in ("device", "random_state", "verbose")}
        pretrainer = Pretrainer(**(own | pretraining_of(recipe, table, precision=self.precision)))
        settings = finetuning_of(recipe, self.start, self.validation, self.precision)
        changes = {"recipe": None, "pretrainer": pretrainer} | settings
        meant = type(self)(**(self.get_params(deep=False) | changes))
        meant._validate_params()
        return meant, recipe, why

    def _learn_labels(self, table: Table, y: ArrayLike, sample_weight: ArrayLike | None) -> None:
        """Check the labels, turn them into targets, and train."""
        raise NotImplementedError

    def _train(
        self,
        table: Table,
        y: np.ndarray,
        unlabelled: np.ndarray,
        sample_weight: ArrayLike | None,
        classes: int | None,
    ) -> None:
        """Pretrain on every row and fine-tune on the labelled ones.

        ``y`` holds class indices or standardised targets of the first rows, ``(n,)`` or ``(n,
        outputs)``; ``classes`` the number of classes.
        """
        plan = self._plan()
        precision_of(self.precision, device_of(self.device))
        self.seed_ = seed_of(self.random_state)
        n, more = len(y), len(table) - len(y)
        kept, weight = repeats(sample_weight, n)
        if is_source(table.values) and sample_weight is None:
            weight = weights_in(table.values)
        elif changed(kept, weight, n):
            table = table.take(np.concatenate([kept, np.arange(n, n + more)]))
            y, unlabelled = y[kept], unlabelled[kept]
            if unlabelled.all():
                raise DataError(
                    "Every labelled row has the weight 0.", "Give some of them a weight above 0."
                )
        weights = None if weight is None else np.concatenate([weight, np.ones(more)])
        rows = self._pretrain(table, weights)
        pretrainer = self._fitted_pretrainer()
        labelled = self._labelled(rows, y, np.flatnonzero(~unlabelled), weight, classes)
        target = Space.of("category", classes) if classes else Space.of("real", *y.shape[1:])
        self._finetune(pretrainer, plan, rows, labelled, target)

    def _pretrain(self, table: Table, weight: np.ndarray | None) -> Source:
        """Return the rows for the network, in the table's order, once the pretrainer has
        learned."""
        if isinstance(self.pretrainer, FrozenEstimator):
            self.pretrainer_ = self.pretrainer
            return self._fitted_pretrainer()._source(table, weight)
        self.pretrainer_ = clone(self.pretrainer) if self.pretrainer is not None else Pretrainer()
        settings: dict[str, Any] = {}
        if self.pretrainer is None:
            settings = {name: getattr(self, name) for name in ("device", "precision", "verbose")}
        if self.pretrainer_.random_state is None:
            settings["random_state"] = self.seed_ % 2**31
        self.pretrainer_.set_params(**settings)
        self.pretrainer_._validate_params()
        read_table(self.pretrainer_, table, reset=True)
        return self.pretrainer_._learn(table, weight, control=self.start == "random")

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
        self,
        rows: Source,
        y: np.ndarray,
        index: np.ndarray,
        weight: np.ndarray | None,
        classes: int | None,
    ) -> RowsOf:
        chosen = y[index]
        weights = self._row_weights(chosen, None if weight is None else weight[index])
        columns = [chosen] if chosen.ndim == 1 else list(chosen.T)
        order = order_of(RowsOf(rows, index), weights, *columns)
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
        rows: Source,
        labelled: RowsOf,
        target: Space,
    ) -> None:
        keys = Keys(self.seed_).under("finetuning")
        start = self._start(pretrainer)
        check_top(plan, start.depth)
        device = device_of(self.device)
        settings: dict[str, Any] = {
            "keys": keys,
            "device": device,
            "autocast": precision_of(self.precision, device),
        }

        def search(train: np.ndarray, held: np.ndarray) -> list[Facts]:
            feed = Feed(rows, labelled.part(train), target, labelled.part(held))
            return run_plan(deepcopy(start), plan, feed, for_history=True, **settings).history

        classes = (
            labelled.y.numpy() if target.kind == "category" and labelled.y is not None else None
        )
        splits = splits_for(self.validation, classes, len(labelled), keys.integer("validation"))
        self.plan_ = best_epochs(plan, splits, search) if splits else plan
        self.module_ = deepcopy(start)
        begun: list[StackModule] = []

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
        self.transfer_report_ = transfer_report(pretrained, begun[0], self.module_)

    def _start(self, pretrainer: Pretrainer) -> StackModule:
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
        """Raise now, not after pretraining, when a schedule does not fit the depth."""
        frozen = isinstance(self.pretrainer, FrozenEstimator)
        pretrainer = self.pretrainer.estimator if frozen else self.pretrainer
        stack = getattr(pretrainer, "stack", None)
        if stack is not None and pretrainer.depth is None:
            check_top(plan, stack.depth)

    def _outputs(self, X: Given) -> np.ndarray:
        """Return the head's outputs, ``(n, outputs)``."""
        source, head = self._rows(X), self.head_
        assert head is not None  # a fitted model has one

        def outputs(x: torch.Tensor) -> torch.Tensor:
            return head(self.module_.encode(x).flatten(1))

        return in_blocks(outputs, source, device_of(self.device), self.module_, head).numpy()

    def encode(self, X: Given) -> np.ndarray:
        """Return the codes of the fine-tuned stack, ``(n, k)``."""
        source = self._rows(X)
        return in_blocks(self.module_.encode, source, device_of(self.device), self.module_).numpy()

    def _rows(self, X: Given) -> Source:
        """Return rows to answer for; what was read once is not read again."""
        check_is_fitted(self)
        return self._fitted_pretrainer()._source(read_table(self, X, reset=False))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = True
        return tags


def check_top(plan: tuple[Step, ...], depth: int) -> None:
    """Raise unless the plan fits a stack of this depth and its last phase ends at the top, where
    the head that predicts stands."""
    phases = [phase for step in plan for phase, _ in step.phases(depth)]
    if not phases:
        raise ParameterError(
            f"The fine-tuning plan {list(plan)!r} has no phase on {depth} stages.",
            "End the plan with a schedule that reaches the top, such as Joint.",
        )
    if phases[-1].last != depth - 1:
        raise ParameterError(
            f"The last phase of the fine-tuning plan ends at stage {phases[-1].last + 1} of "
            f"{depth}: "
            "its head would not stand on the codes that predict.",
            "End the plan with a schedule that reaches the top, such as Joint.",
        )
