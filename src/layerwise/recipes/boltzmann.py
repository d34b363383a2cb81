"""Recipes of stacked restricted Boltzmann machines."""

from __future__ import annotations

from typing import Any

from ..architecture import Dense, Stack
from ..data.inputs import Inputs
from ..objective import ContrastiveDivergence, Reconstruction
from ..schedule import Greedy, Joint
from ..training import Training, as_plan
from .autoencoders import MODERN
from .recipe import Recipe, finetune

# Hinton and Salakhutdinov (2006): a linear code needs the smaller one
RATE, LINEAR_RATE = 0.1, 0.001


def deep_belief_network(
    widths: tuple[int, ...] = (500, 500, 2000),
    *,
    k: int = 1,
    epochs: int = 10,
    modern: bool = False,
    **settings: Any,
) -> Recipe:
    """Return restricted Boltzmann machines, greedy.

    Trained by CD-1, 500-500-2000 sigmoid units. Rate 0.1, weight decay 2e-4, momentum 0.5 for 5
    epochs and then 0.9, batches of 100, weights N(0, 0.01); numbers are brought to [0, 1].
    ``modern`` adds dropout and label smoothing in fine-tuning.

    References
    ----------
    Hinton, Osindero and Teh (2006), "A fast learning algorithm for deep belief nets". Hinton
    (2010), "A practical guide to training restricted Boltzmann machines".
    """
    stack = Stack.of_widths(widths, activation="sigmoid", tied=True, init="normal(0.01)")
    plan = as_plan([(ContrastiveDivergence(k), Greedy(epochs), _training(RATE))])
    steps = finetune(**(MODERN | settings if modern else settings))
    return Recipe(
        "deep_belief_network", stack=stack, plan=plan, finetune=steps, preprocessing=Inputs("unit")
    )


def deep_autoencoder_from_rbms(
    widths: tuple[int, ...] = (1000, 500, 250, 30),
    *,
    epochs: int = 50,
    joint_epochs: int = 100,
    modern: bool = False,
    **settings: Any,
) -> Recipe:
    """Return Boltzmann machines, then end to end.

    CD-1 greedily, then the unrolled deep autoencoder; 1000-500-250-30 units, linear code. Settings
    as in ``deep_belief_network``, with a rate of 0.001 for the linear code. ``modern`` takes AdamW
    with a weight decay of 0.06 for the joint part: the paper's network fits the training images far
    better than others.

    References
    ----------
    Hinton and Salakhutdinov (2006), "Reducing the dimensionality of data with neural networks".
    """
    *hidden, code = widths
    stages = [
        Dense(width, activation="sigmoid", tied=True, init="normal(0.01)") for width in hidden
    ]
    stack = Stack(*stages, Dense(code, activation="linear", tied=True, init="normal(0.01)"))
    optimiser: dict[str, Any] = {"optimiser": "adamw", "weight_decay": 0.06} if modern else {}
    joint = Training(learning_rate=2e-3, batch_size=100, **optimiser)
    rates = (*[RATE] * len(hidden), LINEAR_RATE)
    plan = as_plan(
        [
            (ContrastiveDivergence(), Greedy(epochs), _training(rates)),
            (Reconstruction(), Joint(joint_epochs), joint),
        ]
    )
    return Recipe(
        "deep_autoencoder_from_rbms",
        stack=stack,
        plan=plan,
        finetune=finetune(**settings),
        preprocessing=Inputs("unit"),
    )


def _training(rate: float | tuple[float, ...]) -> Training:
    settings: dict[str, Any] = {
        "momentum": (0.5, 0.9),
        "weight_decay": 2e-4,
        "batch_size": 100,
        "shape": "constant",
    }
    return Training("momentum", learning_rate=rate, **settings)
