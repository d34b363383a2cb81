"""Recipes that learn from labels and from unlabelled rows at once."""

from __future__ import annotations

from ..architecture import Stack
from ..objective import Ladder, Reconstruction
from ..schedule import Joint
from ..training import Training, as_plan
from .recipe import Recipe


def ladder(
    widths: tuple[int, ...] = (1000, 500, 250, 250, 250),
    *,
    noise: float = 0.3,
    weights: tuple[float, ...] | None = None,
    epochs: int = 20,
    learning_rate: float = 3e-3,
    batch_size: int = 200,
    ratio: float = 2.0,
    steps: int = 1500,
) -> Recipe:
    """Return labels and denoising at every layer.

    A ladder network learns from both at once; there is no pretraining before it. The control arm is
    the same network with the same noise, batches and steps, without the denoising costs.

    ``steps`` is the least number of steps. The paper has 150 epochs of batches of 100 with a rate
    of 0.002; ``precision="auto"`` (bfloat16 where the processor has it) takes two thirds of the
    time.

    References
    ----------
    Rasmus, Valpola, Honkala, Berglund and Raiko (2015), "Semi-supervised learning with ladder
    networks".
    """
    training = Training(
        learning_rate=learning_rate, batch_size=batch_size, shape="cosine", min_steps=steps
    )
    plans = [
        as_plan([(Ladder(noise=noise, weights=cost, ratio=ratio), Joint(epochs), training)])
        for cost in (weights, (0.0,) * (len(widths) + 2))
    ]
    return Recipe(
        "ladder",
        stack=Stack.of_widths(widths, normalisation="batch"),
        plan=as_plan([(Reconstruction(), Joint(0))]),
        finetune=plans[0],
        control=plans[1],
    )
