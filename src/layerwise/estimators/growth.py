"""Whether another stage is worth it: compared with PCA on held-out rows."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.decomposition import PCA

from .._contracts import Source
from .._durable import Facts
from .._errors import ParameterError
from ..architecture import StackModule
from ..schedule import Greedy, Progressive
from ..training import BLOCK_ROWS, Step, Training, in_block

GROWTH_SHARE = 0.1  # of the rows, where nothing else was asked for
PCA_ROWS = 20_000
# of the variance: below, PCA loses nothing (more components than the data have dimensions) and
# cannot judge
EXACT = 1e-6


def check_growth(depth: str | None, plan: tuple[Step, ...]) -> None:
    """Raise now, not after the first step, when a stack that stops growing cannot run the plan."""
    if depth is None:
        return
    first, *others = plan
    if not isinstance(first.schedule, (Greedy, Progressive)):
        raise ParameterError(
            f"depth='auto' grows a stack in the first step of the plan, which is "
            f"{first.schedule!r}.",
            "Begin with Greedy.",
        )
    if not all(objective.trains_decoder for objective in first.objectives):
        raise ParameterError(
            f"depth='auto' judges stages by what they reconstruct; {first.objective!r} trains no "
            "decoder.",
            "Begin with Reconstruction or Denoising, or give the stack its depth.",
        )
    for step in others:
        training = step.training or Training()
        rates, factors = training.learning_rate, training.layer_decay
        if any(
            isinstance(v, tuple) for v in (step.schedule.epochs, step.objective, rates, factors)
        ):
            raise ParameterError(
                f"{step!r} lists a value per stage or phase; with depth='auto' their number is not "
                "known before.",
                "Give one value in the steps after the first.",
            )


class Growth:
    """Answers, stage by stage, whether the stack so far reconstructs held-out rows better than a
    PCA of the same code size. Both errors are weighed like the rows.

    A narrower code always reconstructs worse, so an error alone cannot decide.
    """

    def __init__(self, rows: Source, held_out: Source) -> None:
        self.held_out = held_out
        chosen = np.unique(np.linspace(0, len(rows) - 1, PCA_ROWS).astype(int))
        x = rows.take(chosen).x.flatten(1).numpy()
        self.pca = PCA(random_state=0).fit(x)
        self.variance = float(self.pca.explained_variance_.sum()) / x.shape[1]
        self.report: list[Facts] = []

    def __call__(self, module: StackModule) -> bool:
        k, d = module.code_space.size, module.in_space.size
        own, baseline = self._errors(module, k)
        self.report.append({"stage": module.depth, "code": k, "error": own, "pca_error": baseline})
        exact = k >= d or baseline <= EXACT * self.variance
        return exact or own < baseline

    def _errors(self, module: StackModule, k: int) -> tuple[float, float]:
        """Return the squared errors per feature of the stack and of PCA."""
        module.eval()
        device = next(module.parameters()).device
        axes = self.pca.components_[:k]
        sums, whole, n = np.zeros(2), 0.0, len(self.held_out)
        for start in range(0, n, BLOCK_ROWS):
            batch = self.held_out.take(np.arange(start, min(n, start + BLOCK_ROWS)))
            x = batch.x
            with torch.no_grad():
                back = in_block(module.reconstruct, x.to(device)).cpu()
            weight = np.ones(len(x)) if batch.weight is None else batch.weight.numpy()
            centred = x.flatten(1).numpy() - self.pca.mean_
            errors = (back - x).flatten(1).numpy(), centred - centred @ axes.T @ axes
            sums += [float(((error**2).sum(1) * weight).sum()) for error in errors]
            whole += float(weight.sum())
        own, baseline = sums / (whole * module.in_space.size)
        return float(own), float(baseline)
