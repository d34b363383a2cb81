"""Learning a representation from rows without labels."""

from __future__ import annotations

import numbers
import os
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import TransformerMixin, clone
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions

from .._contracts import Source
from .._errors import ParameterError
from .._random import Keys, RandomState, seed_of
from ..architecture import Stack, StackModule
from ..data.preprocessing import Preprocessor
from ..data.protocol import AsIs, Prepares, Preprocessing, as_preprocessing
from ..data.reading import Given, Table, is_source, read_table
from ..data.sources import RowsOf
from ..objective import Denoising, Objective
from ..recipes import Recipe
from ..schedule import Greedy, Schedule
from ..training import (
    Feed,
    Plan,
    Step,
    Training,
    Written,
    as_plan,
    device_of,
    in_order,
    observer_for,
    precision_of,
    run_plan,
)
from .chosen import check_alone, chosen, pretraining_of, take_over
from .encoder import EncoderMixin
from .growth import GROWTH_SHARE, Growth, check_growth
from .params import SpecParams
from .rows import changed, order_of, repeats


class Pretrainer(EncoderMixin, SpecParams):
    """Pretrain a stack of stages on rows without labels.

    Parameters
    ----------
    stack : Stack, optional
        By default two tied ReLU stages, at most 512 and 256 units wide.
    objective : Objective or list of Objective, optional
        By default ``Denoising()``; a list holds one per phase, so one per stage with ``Greedy``.
        With ``schedule`` the short form of a plan of one step.
    schedule : Schedule, optional
        By default ``Greedy(20)``.
    plan : list of (objective, schedule) or (objective, schedule, Training), optional
        In place of ``objective`` and ``schedule``.
    recipe : 'auto', str or Recipe, optional
        In place of all of these, and of ``preprocessing='auto'``: one that fits the rows, by name,
        or a value of ``layerwise.recipes``.
    training : Training, optional
        For the steps that have none of their own; by default ``Training()``.
    preprocessing : 'auto', None or transformer, default 'auto'
        'auto' is ``Preprocessor()``; None takes the numbers as they are. A transformer is cloned;
        one with ``space_`` and ``rows`` (see ``docs/extending.md``) says what its rows are. Rows of
        a Source are taken as they are.
    validation : float, optional
        Share of the rows that is held out for a validation loss, in (0, 0.5]; with
        ``Training(patience=...)`` it stops phases. The preprocessing is fitted on all rows given to
        ``fit``: this loss stops training, it does not judge the model.
    depth : {'auto'} or None, default None
        With 'auto' the stack stops growing, in the first step of the plan (``Greedy`` or
        ``Progressive``), at the first stage that reconstructs held-out rows no better than a PCA of
        the same code size; that stage is left out (the first one stays). ``validation`` rows judge
        it, a tenth by default. A stage at whose code size PCA is exact, as wide as the data for
        instance, always stays.
    device : str, default 'auto'
        'auto' takes a GPU where there is one.
    precision : {'float32', 'bfloat16', 'auto'}, default 'float32'
    random_state : int, RandomState or None
        Pass an int to get the same bits again (same machine, same number of threads).
    verbose : int, default 0
        Above 0: a line per epoch on standard error.
    checkpoint : path, optional
        A folder in which the training is kept while it runs: ``fit`` goes on from it after it was
        stopped, and ends with the same bits. Needs a ``random_state``. See
        :func:`layerwise.checkpointed`.

    Attributes
    ----------
    module_ : torch.nn.Module
        The trained stack.
    history_ : list of dict
        A row per epoch.
    recipe_, why_ : Recipe, str
        With ``recipe``: the one that was taken, and who chose it.
    used_ : dict
        The device and the precision that were used.
    depth_report_ : list of dict
        With ``depth='auto'``: for each stage its code size and the squared errors on held-out rows,
        its own and PCA's.
    preprocessing_ : transformer
    stack_, plan_ : Stack, tuple of Step
        What was run.
    n_features_in_ : int
    feature_names_in_ : array of str
        Where X has names.

    Notes
    -----
    The result does not depend on the order of the rows, and a row of weight 2 is a row given twice.

    References
    ----------
    Hinton and Salakhutdinov (2006), "Reducing the dimensionality of data with neural networks".
    Bengio, Lamblin, Popovici and Larochelle (2007), "Greedy layer-wise training of deep networks".

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from layerwise import Dense, Denoising, Greedy, Masking, Pretrainer, Stack
    >>> X = load_digits().data / 16
    >>> stack, objective = Stack(Dense(64), Dense(32)), Denoising(Masking(0.25))
    >>> pretrainer = Pretrainer(stack, objective=objective, schedule=Greedy(2), random_state=0)
    >>> pretrainer.fit_transform(X).shape
    (1797, 32)
    """

    stack_: Stack

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "stack": [Stack, None],
        "recipe": [str, Recipe, None],
        "objective": [Objective, list, tuple, None],
        "schedule": [Schedule, None],
        "plan": [list, tuple, Written, None],
        "training": [Training, None],
        "preprocessing": [
            StrOptions({"auto"}),
            None,
            TransformerMixin,
            HasMethods(["fit", "rows", "inverse_transform", "get_params"]),
        ],
        "validation": [Interval(numbers.Real, 0, 0.5, closed="right"), None],
        "depth": [StrOptions({"auto"}), None],
        "device": [str],
        "precision": [StrOptions({"float32", "bfloat16", "auto"})],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
        "checkpoint": [str, os.PathLike, None],
    }

    def __init__(
        self,
        stack: Stack | None = None,
        *,
        objective: Objective | Sequence[Objective] | None = None,
        schedule: Schedule | None = None,
        plan: Plan | None = None,
        recipe: Recipe | str | None = None,
        training: Training | None = None,
        preprocessing: Prepares = "auto",
        validation: float | None = None,
        depth: str | None = None,
        device: str = "auto",
        precision: str = "float32",
        random_state: RandomState = None,
        verbose: int = 0,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> None:
        self.stack = stack
        self.objective = objective
        self.schedule = schedule
        self.plan = plan
        self.recipe = recipe
        self.training = training
        self.preprocessing = preprocessing
        self.validation = validation
        self.depth = depth
        self.device = device
        self.precision = precision
        self.random_state = random_state
        self.verbose = verbose
        self.checkpoint = checkpoint

    def fit(self, X: Given, y: object = None, sample_weight: ArrayLike | None = None) -> Self:
        """Pretrain on every row.

        Parameters
        ----------
        X : array of shape (n, d) or (n, c, h, w), sparse matrix, data frame or Source
        y : ignored
        sample_weight : array of shape (n,), optional
            Rows of a Source bring their own.

        Raises
        ------
        ValueError, DataError
            When rows cannot be used.
        ParameterError, PairingError
            When settings do not go together; before the first batch.
        TrainingError
            When the loss is not finite.
        """
        self._begin()
        table = read_table(self, X, reset=True, min_rows=2)
        kept, weight = repeats(sample_weight, len(table))
        if changed(kept, weight, len(table)):
            table = table.take(kept)
        self._learn(table, weight)
        return self

    def fit_random(self, X: Given, sample_weight: ArrayLike | None = None) -> Self:
        """Preprocess and build as ``fit`` does, but leave the weights random, with the best
        initialisation for training so.

        This is the start of the control arm.
        """
        self._begin()
        table = read_table(self, X, reset=True, min_rows=2)
        kept, weight = repeats(sample_weight, len(table))
        if changed(kept, weight, len(table)):
            table = table.take(kept)
        self._learn(table, weight, control=True)
        return self

    def _learn(self, table: Table, weight: np.ndarray | None, control: bool = False) -> Source:
        """Learn from a table that was read, and return its rows as they were made for the network,
        in the table's order."""
        with self._kept():
            if self.recipe is not None:
                return self._learn_recipe(table, weight, control)
            return self._learn_plan(table, weight, control)

    def _learn_plan(self, table: Table, weight: np.ndarray | None, control: bool) -> Source:
        """Learn from a table that was read, as the stack and the plan say."""
        plan = self._plan()
        check_growth(self.depth, plan)
        device = device_of(self.device)
        autocast = precision_of(self.precision, device)
        self.seed_ = seed_of(self.random_state)
        source = self._prepare(table, weight)
        self.stack_ = self._stack(control and self.depth is None)
        self._build()
        self.plan_, self.history_ = plan, []
        precision = "float32" if autocast is None else "bfloat16"
        self.used_ = {"device": str(device), "precision": precision}
        if control and self.depth is None:
            return source
        keys = Keys(self.seed_).under("pretraining")
        rows, held_out = self._split(RowsOf(source, order_of(source, weight)), keys)
        growth = Growth(rows, held_out) if self.depth is not None and held_out else None
        with in_order(rows.rows):
            run = run_plan(
                self.module_,
                plan,
                Feed(rows, held_out=held_out),
                keys=keys,
                device=device,
                autocast=autocast,
                observe=observer_for(self.verbose),
                grow=growth,
            )
        self.history_ = run.history
        if growth is not None:
            self.plan_ = (plan[0].of_depth(run.depth), *plan[1:])
            self._keep(run.depth, control)
            self.depth_report_ = growth.report
        return source

    def _learn_recipe(self, table: Table, weight: np.ndarray | None, control: bool) -> Source:
        """Let the Pretrainer that the recipe means for these rows learn, and take over from it."""
        check_alone(self, "stack", "objective", "schedule", "plan", "training")
        assert self.recipe is not None  # _learn asked
        recipe, why = chosen(self.recipe, table)
        settings = pretraining_of(recipe, table, self.preprocessing, self.precision)
        meant = type(self)(**(self.get_params(deep=False) | {"recipe": None} | settings))
        meant._validate_params()
        source = meant._learn(table, weight, control)
        take_over(self, meant)
        self.recipe_, self.why_ = recipe, why
        return source

    def _keep(self, depth: int, control: bool) -> None:
        """Keep the stages that grew; the control has as many, with random weights: the arms differ
        in their weights alone."""
        self.stack_ = self._stack(control, depth)
        if control:
            self._build()
            self.history_ = []
            return
        self.module_ = StackModule(self.module_.chain[:depth], self.module_.in_space)
        self._n_features_out = self.module_.code_space.size

    def _build(self) -> None:
        self.module_ = self.stack_.build(self.space_, Keys(self.seed_).torch("weights")).eval()
        self._n_features_out = self.module_.code_space.size

    def _steps(self) -> tuple[Step, ...] | Written:
        if hasattr(self, "plan_"):
            return self.plan_
        return self.recipe.plan if isinstance(self.recipe, Recipe) else self._plan()

    def _plan(self) -> tuple[Step, ...]:
        if self.plan is not None:
            if self.objective is not None or self.schedule is not None:
                raise ParameterError(
                    "Pretrainer was given a plan and also an objective or a schedule.",
                    "Give one or the other: they say the same.",
                )
            return as_plan(self.plan, self.training)
        objective = self.objective if self.objective is not None else Denoising()
        given = tuple(objective) if isinstance(objective, list) else objective
        return as_plan([(given, self.schedule or Greedy(20))], self.training)

    def _prepare(self, table: Table, weight: np.ndarray | None) -> Source:
        """Fit the preprocessing and return the rows that it makes."""
        self.row_shape_ = table.shape
        preprocessing = self._preprocessing(table)
        fitted = preprocessing.fit(table)
        shape = table.shape or (self.stack.in_shape if self.stack is not None else None)
        source = fitted.rows(table, shape=shape, weight=weight)
        self.space_ = source.space
        return source

    def _preprocessing(self, table: Table) -> Preprocessing:
        given = self.preprocessing
        if is_source(table.values):
            if given not in (None, "auto"):
                raise ParameterError(
                    "Pretrainer was given rows of a Source and also a preprocessing.",
                    "Rows of a Source are taken as they are: leave preprocessing out.",
                )
            self.preprocessing_: Any = AsIs()
        elif given is None:
            self.preprocessing_ = Preprocessor(numbers="none")
        else:
            self.preprocessing_ = Preprocessor() if isinstance(given, str) else clone(given)
        return as_preprocessing(self.preprocessing_)

    def _stack(self, control: bool = False, depth: int | None = None) -> Stack:
        stack = self.stack
        if stack is None:
            d = self.space_.size
            stack = Stack.of_widths([min(512, max(64, 2 * d)), min(256, max(32, d))], tied=True)
        stack = stack if depth is None else Stack(*stack.stages[:depth], in_shape=stack.in_shape)
        return stack.with_best_init() if control else stack

    def _split(self, source: RowsOf, keys: Keys) -> tuple[RowsOf, RowsOf | None]:
        wanted = self.validation is not None or self.depth is None
        share = self.validation if wanted else GROWTH_SHARE
        if share is None:
            return source, None
        held = max(1, round(len(source) * share))
        order = keys.numpy("held out").permutation(len(source))
        return source.part(np.sort(order[held:])), source.part(np.sort(order[:held]))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags
