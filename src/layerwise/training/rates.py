"""Learning rates from the size of the gradients."""

from __future__ import annotations

import torch
from torch import nn

from .._errors import ParameterError
from .._random import Streams
from ..architecture import StackModule
from ..schedule import Phase
from .feed import batches
from .loop import Work
from .optimisers import default_rate, owned
from .settings import Training

Layers = list[tuple[nn.Module, float]]


def layers_of(
    module: StackModule, phase: Phase, state: nn.Module | None, training: Training
) -> Layers:
    """Return what a phase trains, each with its peak rate: the state, and the layers of its stages.

    A layer ``j`` layers below the head has ``layer_decay**j`` of the rate. What a stage holds
    beside its layers (a decoder) has the rate of its topmost one.

    Raises
    ------
    ParameterError
        When rates are listed for another number of stages, or factors for another number of stages
        or layers.
    """
    stages = module.layers()
    given = default_rate(training.optimiser) if (r := training.learning_rate) is None else r
    rates = given if isinstance(given, tuple) else (given,) * len(stages)
    if len(rates) != len(stages):
        raise _listed("learning_rate", len(rates), f"stages; the stack has {len(stages)}")
    factors = _factors(training.layer_decay, [len(layers) for layers in stages])
    found: Layers = [] if state is None else [(state, rates[-1])]
    for i in range(phase.first, phase.last + 1):
        own = [rates[i] * factor for factor in factors[i]]
        found += [*zip(stages[i], own, strict=True)]
        if stages[i] and stages[i] != [module.chain[i]]:
            found.append((module.chain[i], own[-1]))
    return found


def _factors(decay: float | tuple[float, ...] | str, counts: list[int]) -> list[tuple[float, ...]]:
    """Return the factors of each stage's layers."""
    total = sum(counts)
    if isinstance(decay, tuple) and len(decay) == len(counts):
        return [(factor,) * n for factor, n in zip(decay, counts, strict=True)]
    if isinstance(decay, tuple) and len(decay) != total:
        layers = "" if total == len(counts) else f" and {total} layers"
        raise _listed("layer_decay", len(decay), f"stages; the stack has {len(counts)}{layers}")
    whole = 1.0 if isinstance(decay, str) else decay
    every = whole if isinstance(whole, tuple) else [whole ** (total - j) for j in range(total)]
    flat = iter(every)
    return [tuple(next(flat) for _ in range(n)) for n in counts]


def _listed(name: str, count: int, of: str) -> ParameterError:
    return ParameterError(f"Training lists {name} for {count} {of}.", "List one per stage.")


def rates_from_gradients(work: Work) -> Layers:
    """Return the layers of a phase with rates ``eta / sqrt(G)``, G the sum over one epoch of the L1
    norms of a layer's gradients.

    Nothing is trained: weights and running statistics stay as they are. The factors are scaled so
    that their mean is 1. A layer without gradients, such as a stage below a head whose weights are
    still zero, has the factor 1.
    """
    trainee = work.trainee
    kept = trainee.snapshot()
    trainee.train()
    sums = [0.0] * len(work.layers)
    size, least = work.training.batch_size, trainee.objective.least_rows
    own, keys = owned(work.layers), work.keys.under("gradients")
    streams = Streams(keys)
    for step, batch in enumerate(batches(work.source, size, keys, 0, least)):
        trainee.zero_grad(set_to_none=True)
        loss, _ = trainee(batch.to(work.device), streams.at(0, step))
        loss.backward()
        for i, parameters in enumerate(own):
            sums[i] += sum(float(p.grad.abs().sum()) for p in parameters if p.grad is not None)
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
