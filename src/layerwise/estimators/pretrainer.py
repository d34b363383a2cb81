"""Learning a representation from rows without labels."""

from __future__ import annotations

import numbers
from typing import Any, ClassVar, Self

import numpy as np
import scipy.sparse as sp
import torch
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin, clone
from sklearn.utils import _safe_indexing
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from .._contracts import Space
from .._errors import DataError, ParameterError
from .._random import Keys, seed_of
from .._spec import check_int
from ..architecture import Stack, StackModule
from ..data.frames import Frame
from ..data.preprocessing import Preprocessor
from ..data.reading import read_rows
from ..data.sources import RowsOf
from ..objective import Denoising, Objective
from ..objective.reconstruction import element_features, element_losses
from ..recipes import Recipe
from ..schedule import Greedy, Progressive, Schedule
from ..training import (
    BLOCK_ROWS,
    Feed,
    Step,
    Training,
    as_plan,
    device_of,
    in_block,
    observer_for,
    precision_of,
    run_plan,
)
from .chosen import check_alone, chosen, pretraining_of, take_over
from .growth import GROWTH_SHARE, Growth
from .params import SpecParams
from .rows import changed, in_blocks, order_of, repeats, row_shape, source_of


class Pretrainer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, SpecParams):
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
        'auto' is ``Preprocessor()``; None takes the numbers as they are. A transformer is cloned.
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
    module_: StackModule

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "stack": [Stack, None],
        "recipe": [str, Recipe, None],
        "objective": [Objective, list, tuple, None],
        "schedule": [Schedule, None],
        "plan": [list, tuple, None],
        "training": [Training, None],
        "preprocessing": [StrOptions({"auto"}), None, TransformerMixin],
        "validation": [Interval(numbers.Real, 0, 0.5, closed="right"), None],
        "depth": [StrOptions({"auto"}), None],
        "device": [str],
        "precision": [StrOptions({"float32", "bfloat16", "auto"})],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        stack: Stack | None = None,
        *,
        objective: Objective | None = None,
        schedule: Schedule | None = None,
        plan: list[Any] | tuple[Any, ...] | None = None,
        recipe: Any = None,
        training: Training | None = None,
        preprocessing: Any = "auto",
        validation: float | None = None,
        depth: str | None = None,
        device: str = "auto",
        precision: str = "float32",
        random_state: Any = None,
        verbose: int = 0,
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

    # Learning

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Pretrain on every row.

        Parameters
        ----------
        X : array of shape (n, d) or (n, c, h, w), sparse matrix or data frame
        y : ignored
        sample_weight : array of shape (n,), optional

        Raises
        ------
        ValueError, DataError
            When rows cannot be used.
        ParameterError, PairingError
            When settings do not go together; before the first batch.
        TrainingError
            When the loss is not finite.
        """
        self._validate_params()
        if self.recipe is not None:
            return self._fit_recipe(X, sample_weight, "fit")
        plan = self._plan()
        self._check_growth(plan)
        device, autocast = (
            device_of(self.device),
            precision_of(self.precision, device_of(self.device)),
        )
        source = self._prepare(X, sample_weight)
        keys = Keys(self.seed_).under("pretraining")
        rows, held_out = self._split(source, keys)
        growth = Growth(rows, held_out) if self.depth is not None else None
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
        if growth is not None:
            self._keep(run.depth)
            self.depth_report_ = growth.report
        self.plan_ = plan
        self.history_ = run.history
        self.used_ = {
            "device": str(device),
            "precision": "float32" if autocast is None else "bfloat16",
        }
        return self

    def fit_random(self, X: Any, sample_weight: Any = None) -> Self:
        """Preprocess and build as ``fit`` does, but leave the weights random, with the best
        initialisation for training so.

        This is the start of the control arm.
        """
        if self.recipe is not None:
            return self._fit_recipe(X, sample_weight, "fit_random")
        if self.depth is not None:
            return self._fit_random_as_deep(X, sample_weight)
        self._validate_params()
        self.plan_ = self._plan()
        self._prepare(X, sample_weight, control=True)
        self.history_ = []
        return self

    def _fit_recipe(self, X: Any, sample_weight: Any, method: str) -> Self:
        """Fit the Pretrainer that the recipe means for these rows, and take over what it
        learned."""
        check_alone(self, "stack", "objective", "schedule", "plan")
        recipe, why = chosen(self.recipe, X)
        meant = type(self)(
            **(self.get_params(deep=False) | {"recipe": None} | pretraining_of(recipe, self))
        )
        getattr(meant, method)(X, sample_weight=sample_weight)
        take_over(self, meant)
        self.recipe_, self.why_ = recipe, why
        return self

    def _fit_random_as_deep(self, X: Any, sample_weight: Any) -> Self:
        """Pretrain to learn the depth, then build that stack with random weights: the arms differ
        in their weights alone."""
        self.fit(X, sample_weight=sample_weight)
        self.stack_ = self._stack(control=True, depth=self.stack_.depth)
        self.module_ = self.stack_.build(self.space_, Keys(self.seed_).torch("weights")).eval()
        self.history_ = []
        return self

    def _keep(self, depth: int) -> None:
        self.stack_ = self._stack(depth=depth)
        self.module_ = StackModule(self.module_.chain[:depth], self.module_.in_space)
        self._n_features_out = self.module_.code_space.size

    # Using

    def transform(self, X: Any) -> np.ndarray:
        """Return the codes of the whole stack, ``(n, k)``, float32."""
        return self.encode(X)

    def encode(self, X: Any, depth: int | None = None) -> np.ndarray:
        """Return the codes after ``depth`` stages (by default all), ``(n, k)``.

        Raises
        ------
        ParameterError
            When the stack has fewer stages.
        """
        check_is_fitted(self)
        depth = self.module_.depth if depth is None else depth
        if not 0 <= depth <= self.module_.depth:
            raise ParameterError(
                f"depth must be from 0 to {self.module_.depth}, the stages of the stack. Got "
                f"{depth!r} instead."
            )
        return self._apply(self.module_.slice(0, depth - 1).encode, X)

    def inverse_transform(self, X: Any) -> Any:
        """Return rows in the original columns from codes ``(n, k)``."""
        check_is_fitted(self)
        codes = torch.from_numpy(np.array(X, dtype=np.float32))
        if codes.ndim != 2 or codes.shape[1] != self._n_features_out:
            raise DataError(
                f"Codes have the shape (n, {self._n_features_out}); got {tuple(codes.shape)}.",
                "Give what transform returns.",
            )
        source = source_of(codes.numpy(), Space.of("real", self._n_features_out))
        return self._originals(
            in_blocks(self.module_.decode, source, device_of(self.device), self.module_).numpy()
        )

    def reconstruct(self, X: Any) -> Any:
        """Return rows as the stack reconstructs them, in the original columns."""
        return self._originals(self._apply(lambda x: self.module_.reconstruct(x), X))

    def score_samples(self, X: Any) -> np.ndarray:
        """Return minus the reconstruction error of each row: higher is more normal.

        The error is the mean over the observed cells of the squared error (real values) or the
        cross-entropy (values in [0, 1], categories), in preprocessed units.
        """
        check_is_fitted(self)
        source = self._source(X)
        features = element_features(self.space_)
        result = np.empty(len(source), dtype=np.float64)
        for start in range(0, len(source), BLOCK_ROWS):
            batch = source.take(np.arange(start, min(len(source), start + BLOCK_ROWS)))
            losses = in_block(self._row_losses, batch.x)
            weight = (
                torch.ones_like(losses)
                if batch.observed is None
                else batch.observed[:, features].float()
            )
            result[start : start + len(losses)] = -(
                (losses * weight).sum(1) / weight.sum(1).clamp_min(1)
            ).numpy()
        return result

    def score(self, X: Any, y: Any = None) -> float:
        """Return the mean of ``score_samples``: higher is better."""
        return float(self.score_samples(X).mean())

    def sample(self, n: int = 1, steps: int = 1000, *, random_state: Any = None) -> Any:
        """Return ``n`` rows drawn from the model, in the original columns.

        ``steps`` of Gibbs sampling in the topmost stage, a restricted Boltzmann machine, from
        random hidden units; then one pass down, whose means are returned (Hinton, Osindero and Teh
        2006).

        Raises
        ------
        ParameterError, PairingError
            When a number is below 1; when the topmost stage is no restricted Boltzmann machine.
        """
        check_is_fitted(self)
        check_int("Pretrainer.sample", "n", n, 1)
        check_int("Pretrainer.sample", "steps", steps, 1)
        generator = torch.Generator().manual_seed(seed_of(random_state))
        return self._originals(self.module_.sample(n, steps, generator).flatten(1).numpy())

    # Inside

    def _plan(self) -> tuple[Step, ...]:
        if self.plan is not None:
            if self.objective is not None or self.schedule is not None:
                raise ParameterError(
                    "Pretrainer was given a plan and also an objective or a schedule.",
                    "Give one or the other: they say the same.",
                )
            return as_plan(self.plan, self.training)
        return self._one_step(self.objective if self.objective is not None else Denoising())

    def _check_growth(self, plan: tuple[Step, ...]) -> None:
        """Raise now, not after the first step, when a stack that stops growing cannot run the
        plan."""
        if self.depth is None:
            return
        first, *others = plan
        if not isinstance(first.schedule, (Greedy, Progressive)):
            raise ParameterError(
                "depth='auto' grows a stack in the first step of the plan, which is "
                f"{first.schedule!r}.",
                "Begin with Greedy.",
            )
        for step in others:
            training = step.training or Training()
            if any(
                isinstance(v, tuple)
                for v in (
                    step.schedule.epochs,
                    step.objective,
                    training.learning_rate,
                    training.layer_decay,
                )
            ):
                raise ParameterError(
                    f"{step!r} lists a value per stage or phase; with depth='auto' their number is "
                    "not known before.",
                    "Give one value in the steps after the first.",
                )

    def _one_step(self, objective: Any) -> tuple[Step, ...]:
        given = tuple(objective) if isinstance(objective, list) else objective
        return as_plan([(given, self.schedule or Greedy(20))], self.training)

    def _prepare(self, X: Any, sample_weight: Any, control: bool = False) -> Any:
        table = self._given(read_rows(self, X, reset=True, min_rows=2), X)
        shape = row_shape(X)
        n = len(table) if isinstance(table, Frame) else table.shape[0]
        kept, weight = repeats(sample_weight, n)
        if changed(kept, weight, n):
            table = table.rows(kept) if isinstance(table, Frame) else _safe_indexing(table, kept)
        self.seed_ = seed_of(self.random_state)
        self.row_shape_ = shape
        self._fit_preprocessing(table)
        source = self._source_of(table, weight)
        self.stack_ = self._stack(control)
        self.module_ = self.stack_.build(self.space_, Keys(self.seed_).torch("weights")).eval()
        self._n_features_out = self.module_.code_space.size
        order = order_of(source.x if sp.issparse(source.x) else source.x.flatten(1).numpy(), weight)
        return RowsOf(source, order)

    def _given(self, table: Any, X: Any) -> Any:
        """Return rows as the preprocessing takes them: a transformer of the user's own gets what
        the user gave."""
        ours = self.preprocessing is None or isinstance(self.preprocessing, (str, Preprocessor))
        return table if ours else X

    def _fit_preprocessing(self, table: Any) -> None:
        if self.preprocessing is None:
            self.preprocessing_ = Preprocessor(numbers="none").fit(table)
        else:
            self.preprocessing_ = (
                Preprocessor() if self.preprocessing == "auto" else clone(self.preprocessing)
            ).fit(table)
        flat = getattr(self.preprocessing_, "space_", None)
        if flat is None:
            flat = Space.of(
                "real", self.preprocessing_.transform(_safe_indexing(table, np.arange(1))).shape[1]
            )
        shape = self.row_shape_ or (self.stack.in_shape if self.stack is not None else None)
        self.space_ = (
            Space(tuple(shape), flat.blocks)
            if shape is not None and np.prod(shape) == flat.size
            else flat
        )

    def _stack(self, control: bool = False, depth: int | None = None) -> Stack:
        stack = self.stack
        if stack is None:
            d = self.space_.size
            stack = Stack.of_widths([min(512, max(64, 2 * d)), min(256, max(32, d))], tied=True)
        stack = stack if depth is None else Stack(*stack.stages[:depth], in_shape=stack.in_shape)
        return stack.with_best_init() if control else stack

    def _split(self, source: Any, keys: Keys) -> tuple[Any, Any]:
        share = (
            self.validation if self.validation is not None or self.depth is None else GROWTH_SHARE
        )
        if share is None:
            return source, None
        held = max(1, round(len(source) * share))
        order = keys.numpy("held out").permutation(len(source))
        return RowsOf(source, np.sort(order[held:])), RowsOf(source, np.sort(order[:held]))

    def _source(self, X: Any) -> Any:
        table = self._given(read_rows(self, X, reset=False), X)
        given = row_shape(X)
        if given is not None and self.row_shape_ is not None and given != self.row_shape_:
            raise DataError(
                f"A row has the shape {given}; the model was fitted on rows of shape "
                f"{self.row_shape_}."
            )
        return self._source_of(table, None)

    def _source_of(self, table: Any, weight: np.ndarray | None) -> Any:
        Z = self.preprocessing_.transform(table)
        observed = (
            self.preprocessing_.observed(table)
            if isinstance(self.preprocessing_, Preprocessor)
            else None
        )
        return source_of(Z, self.space_, observed, weight)

    def _apply(self, function: Any, X: Any) -> np.ndarray:
        check_is_fitted(self)
        return in_blocks(function, self._source(X), device_of(self.device), self.module_).numpy()

    def _row_losses(self, x: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            return element_losses(self.module_.reconstruct_params(x), x, self.module_, "auto")

    def _originals(self, Z: np.ndarray) -> Any:
        rows = self.preprocessing_.inverse_transform(Z)
        return (
            rows
            if self.row_shape_ is None
            else np.asarray(rows).reshape(len(rows), *self.row_shape_)
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags
