"""Learning rates from the size of the gradients."""

from __future__ import annotations

import torch
from torch import nn

from .._random import Draws
from .feed import batches
from .loop import Work


def rates_from_gradients(work: Work) -> list[tuple[nn.Module, float]]:
    """Return the layers of a phase with rates ``eta / sqrt(G)``, G the sum over one epoch of the L1
    norms of a layer's gradients.

    Nothing is trained: weights and running statistics stay as they are. The factors are scaled so
    that their mean is 1. A layer without gradients, such as a stage below a head whose weights are
    still zero, has the factor 1.
    """
    trainee = work.trainee
    kept = trainee.snapshot()
    trainee.train()
    trainee.objective.begin_epoch(trainee.codec, trainee.state, 0)
    sums = [0.0] * len(work.layers)
    draws = Draws(work.keys.under("gradients"))
    for step, batch in enumerate(
        batches(work.source, work.training.batch_size, work.keys.under("gradients"), 0)
    ):
        trainee.zero_grad(set_to_none=True)
        loss, _ = trainee(batch.to(work.device), draws.at(0, step))
        loss.backward()
        for i, (module, _) in enumerate(work.layers):
            sums[i] += sum(
                float(p.grad.abs().sum()) for p in module.parameters() if p.grad is not None
            )
    trainee.zero_grad(set_to_none=True)
    trainee.load_state_dict(kept)
    total = torch.tensor(sums, dtype=torch.float64)
    known, factors = total > 0, torch.ones_like(total)
    if known.any():
        factors[known] = total[known].rsqrt() / total[known].rsqrt().mean()
    return [
        (module, rate * float(factor))
        for (module, rate), factor in zip(work.layers, factors, strict=True)
    ]
