"""Using a pretrained stack: codes, reconstructions, scores, samples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from .._checks import check_int
from .._contracts import Source
from .._durable import Facts
from .._errors import DataError, ParameterError
from .._random import RandomState, seed_of
from .._space import Space
from ..architecture import StackModule
from ..data.preprocessing import Preprocessor
from ..data.protocol import AsIs, as_preprocessing
from ..data.reading import Given, Table, is_source, read_table, row_shape
from ..data.sources import source_of
from ..objective.reconstruction import element_features, element_losses, seen
from ..training import BLOCK_ROWS, Step, Written, device_of, in_block, trains_decoders
from .rows import in_blocks

_LARGEST = 1e300  # of a sum of squares


def _decodes(encoder: EncoderMixin) -> bool:
    """Say yes, or raise AttributeError with what is missing."""
    reason = encoder.why_no_decoder()
    if reason is not None:
        raise AttributeError(reason)
    return True


class EncoderMixin(ClassNamePrefixFeaturesOutMixin, TransformerMixin):
    """What a fitted Pretrainer does (abstract): ``module_`` encodes, and decodes where its decoder
    was trained."""

    module_: StackModule
    space_: Space
    plan_: tuple[Step, ...] | Written
    history_: list[Facts]
    row_shape_: tuple[int, ...] | None
    preprocessing_: Any
    device: str
    _n_features_out: int

    def transform(self, X: Given) -> np.ndarray:
        """Return the codes of the whole stack, ``(n, k)``, float32."""
        return self.encode(X)

    def encode(self, X: Given, depth: int | None = None) -> np.ndarray:
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

    def why_no_decoder(self) -> str | None:
        """Return why there are no reconstructions and no scores, in a sentence, or None where there
        are.

        They exist where every stage has a way back from its code, and the plan trained it.
        """
        name, steps = type(self).__name__, self._steps()
        if isinstance(steps, Written):
            return None if steps.decodes else f"This {name} learned by {steps}: no decoder."
        learned = " and ".join(repr(o) for step in steps for o in step.objectives)
        if not any(o.trains_decoder for step in steps for o in step.objectives):
            return (
                f"This {name} learned by {learned}, which trains no decoder: it encodes, and "
                "neither "
                "reconstructs nor scores rows."
            )
        if not hasattr(self, "module_"):
            return None
        if not self.module_.decodes:
            return f"The stack of this {name} only encodes: a stage has no way back from its code."
        if not self.history_:
            return f"The weights of this {name} are random: its decoder was not trained."
        if not trains_decoders(steps, self.module_.depth):
            return f"{learned} trained the decoders of some stages of this {name} only."
        return None

    @available_if(_decodes)
    def inverse_transform(self, X: ArrayLike) -> Any:
        """Return rows in the original columns from codes ``(n, k)``."""
        check_is_fitted(self)
        codes = np.array(X, dtype=np.float32)
        if codes.ndim != 2 or codes.shape[1] != self._n_features_out:
            raise DataError(
                f"Codes have the shape (n, {self._n_features_out}); got {codes.shape}.",
                "Give what transform returns.",
            )
        source = source_of(codes, Space.of("real", *self.module_.code_space.shape))
        return self._originals(self._blocks(self.module_.decode, source))

    @available_if(_decodes)
    def reconstruct(self, X: Given) -> Any:
        """Return rows as the stack reconstructs them, in the original columns."""
        return self._originals(self._apply(lambda x: self.module_.reconstruct(x), X))

    @available_if(_decodes)
    def score_samples(self, X: Given) -> np.ndarray:
        """Return minus the reconstruction error of each row: higher is more normal.

        The error is the mean over the observed cells of the squared error (real values) or the
        cross-entropy (values in [0, 1], categories), in preprocessed units. A number outside what
        the scaling can hold adds the square of its distance: an anomaly is not cut off first.
        """
        check_is_fitted(self)
        table = read_table(self, X, reset=False)
        source = self._source(table, scored=True)
        outside = self._outside(table)
        features = element_features(self.space_)
        result = np.empty(len(source), dtype=np.float64)
        for start in range(0, len(source), BLOCK_ROWS):
            batch = source.take(np.arange(start, min(len(source), start + BLOCK_ROWS)))
            losses = in_block(self._row_losses, batch.x)
            observed = seen(batch.x, self.space_, batch.observed)
            weight = torch.ones_like(losses) if observed is None else observed[:, features].float()
            error = (losses * weight).sum(1).double()
            if outside is not None:
                error += torch.from_numpy(outside[start : start + len(losses)])
            error = error / weight.sum(1).clamp_min(1)
            result[start : start + len(losses)] = -error.numpy()
        return result

    @available_if(_decodes)
    def score(self, X: Given, y: object = None) -> float:
        """Return the mean of ``score_samples``: higher is better."""
        return float(self.score_samples(X).mean())

    def sample(
        self,
        n: int = 1,
        steps: int = 1000,
        *,
        random_state: RandomState | np.random.Generator = None,
    ) -> Any:
        """Return ``n`` rows drawn from the model, in the original columns.

        A topmost stage ``Latent`` is drawn from at once, real values around their means. In a
        restricted Boltzmann machine ``steps`` of Gibbs sampling begin at random hidden units; then
        comes one pass down, whose means are returned (Hinton, Osindero and Teh 2006). Categories
        are drawn by their probabilities in both.

        Raises
        ------
        ParameterError, PairingError
            When a number is below 1; when the topmost stage is neither.
        """
        check_is_fitted(self)
        check_int("Pretrainer.sample", "n", n, 1)
        check_int("Pretrainer.sample", "steps", steps, 1)
        return self._originals(self._sampled(n, steps, seed_of(random_state)))

    def _sampled(self, n: int, steps: int, seed: int) -> np.ndarray:
        """Return rows as the network has them, ``(n, d)``."""
        generator = torch.Generator().manual_seed(seed)
        return self.module_.sample(n, steps, generator).flatten(1).numpy()

    def _steps(self) -> tuple[Step, ...] | Written:
        """Return the plan that was run, or that would be."""
        raise NotImplementedError

    def _source(
        self, X: Given, weight: np.ndarray | None = None, *, scored: bool = False
    ) -> Source:
        """Return rows to answer for; cells outside what was learned are told of, unless the answer
        is a score of just that."""
        table = read_table(self, X, reset=False)
        given = row_shape(table.given)
        if given is not None and self.row_shape_ is not None and given != self.row_shape_:
            raise DataError(
                f"A row has the shape {given}; the model was fitted on rows of shape "
                f"{self.row_shape_}."
            )
        if is_source(table.values) and not isinstance(self.preprocessing_, AsIs):
            raise DataError(
                "The model was fitted on an array or a table and is given a Source.",
                "Give it rows of the form that it was fitted on.",
            )
        preprocessing = as_preprocessing(self.preprocessing_)
        told: dict[str, Any] = (
            {"tell": not scored} if isinstance(preprocessing, Preprocessor) else {}
        )
        return preprocessing.rows(table, shape=self.space_.shape, weight=weight, **told)

    def outside(self, X: Given) -> list[str]:
        """Return sentences on cells of rows that lie outside of what was learned: numbers that the
        scaling cannot hold, categories that were never seen.

        Raises
        ------
        DataError
            When most rows are on another scale.
        """
        check_is_fitted(self)
        table = read_table(self, X, reset=False)
        known = isinstance(self.preprocessing_, Preprocessor)
        return self.preprocessing_.outside(table) if known else []

    def _outside(self, table: Table) -> np.ndarray | None:
        """Return of each row the sum of the squares of what the scaling cut off."""
        if not isinstance(self.preprocessing_, Preprocessor):
            return None
        excess = self.preprocessing_.excess(table)
        return None if excess is None else np.minimum(np.square(excess).sum(axis=1), _LARGEST)

    def _apply(self, function: Callable[[Tensor], Tensor], X: Given) -> np.ndarray:
        check_is_fitted(self)
        return self._blocks(function, self._source(X))

    def _blocks(self, function: Callable[[Tensor], Tensor], source: Source) -> np.ndarray:
        return in_blocks(function, source, device_of(self.device), self.module_).numpy()

    def _row_losses(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            return element_losses(self.module_.reconstruct_params(x), x, self.module_, "auto")

    def _originals(self, Z: np.ndarray) -> Any:
        rows = as_preprocessing(self.preprocessing_).inverse_transform(Z)
        return (
            rows
            if self.row_shape_ is None
            else np.asarray(rows).reshape(len(rows), *self.row_shape_)
        )
