"""Recipes of consistency: labels and unlabelled rows at once, no pretraining before."""

from __future__ import annotations

from ..architecture import Stack
from ..augmentation import Augmentation, Mixing
from ..objective import (
    VAT,
    FixMatch,
    MaskedModelling,
    MeanTeacher,
    PiModel,
    SimCLR,
    Supervised,
)
from ..objective.consistency import Consistency
from ..schedule import Joint
from ..training import Plan, Step, Training, as_plan
from .images import CHANNELS, MILD, STRONG, WEAK, augmented, convolutions
from .recipe import Recipe

NOTHING: Plan = [(MaskedModelling(), Joint(0))]  # random weights stay random


def fixmatch(
    channels: tuple[int, ...] = CHANNELS,
    *,
    augment: Augmentation = MILD,
    weak: Augmentation = WEAK,
    strong: Augmentation = STRONG,
    threshold: float = 0.95,
    momentum: float = 0.99,
    ratio: float = 4.0,
    supervised_steps: int = 500,
    steps: int = 1000,
    epochs: int = 4,
    batch_size: int = 200,
    learning_rate: float = 8e-3,
    control_steps: int = 2000,
    pretrained: int = 0,
) -> Recipe:
    """Return sure guesses as labels, for images.

    Six convolutions. They learn from the labelled rows alone first, with smoothed labels: guesses
    then start good, and no surer than they should be. From there on, what the network is sure of in
    a weak view, it must say of a strong one. The control is the same network, with the same views
    of the labelled rows alone.

    Parameters
    ----------
    augment : Augmentation
        Of labelled rows, in both arms.
    momentum : float
        Of the moving average of the network that guesses.
    supervised_steps : int
        Steps of labelled rows alone.
    steps, epochs : int
        Epochs over all rows, and the least number of steps.
    control_steps : int
        Steps of the control, all of them on labelled rows.
    pretrained : int
        Epochs of SimCLR before it.

    References
    ----------
    Sohn et al. (2020), "FixMatch: simplifying semi-supervised learning with consistency and
    confidence".
    """
    objective = FixMatch(
        Supervised(augment=augment),
        weak=weak,
        strong=strong,
        threshold=threshold,
        momentum=momentum,
        ratio=ratio,
    )
    plan: Plan = [(SimCLR(), Joint(pretrained))] if pretrained else NOTHING
    first = augmented(
        augment=augment, finetune_epochs=1, finetune_steps=supervised_steps, dropout=0.0
    )
    then = _steps(objective, epochs, batch_size, learning_rate, steps)
    return Recipe(
        "fixmatch",
        stack=convolutions(channels),
        plan=as_plan(plan),
        finetune=(*first, *then) if supervised_steps else then,
        control=augmented(augment=augment, finetune_steps=control_steps),
    )


def mean_teacher(
    channels: tuple[int, ...] = CHANNELS,
    *,
    augment: Augmentation = MILD,
    weight: float = 10.0,
    ratio: float = 4.0,
    steps: int = 600,
    epochs: int = 1,
    batch_size: int = 128,
    learning_rate: float = 3e-3,
    control_steps: int = 2000,
) -> Recipe:
    """Return an average's answer to a view, for images.

    References
    ----------
    Tarvainen and Valpola (2017), "Mean teachers are better role models: weight-averaged consistency
    targets improve semi-supervised deep learning results".
    """
    objective = MeanTeacher(Supervised(augment=augment), weight=weight, ratio=ratio)
    finetune = _steps(objective, epochs, batch_size, learning_rate, steps)
    return _of_images("mean_teacher", channels, finetune, augment, control_steps)


def pi_model(
    channels: tuple[int, ...] = CHANNELS,
    *,
    augment: Augmentation = MILD,
    weight: float = 10.0,
    ratio: float = 4.0,
    steps: int = 600,
    epochs: int = 1,
    batch_size: int = 128,
    learning_rate: float = 3e-3,
    control_steps: int = 2000,
) -> Recipe:
    """Return equal answers to two views, for images.

    References
    ----------
    Laine and Aila (2017), "Temporal ensembling for semi-supervised learning".
    """
    objective = PiModel(Supervised(augment=augment), weight=weight, ratio=ratio)
    finetune = _steps(objective, epochs, batch_size, learning_rate, steps)
    return _of_images("pi_model", channels, finetune, augment, control_steps)


def vat(
    widths: tuple[int, ...] = (1200, 600, 300),
    *,
    eps: float = 2.0,
    entropy: float = 1.0,
    ratio: float = 4.0,
    steps: int = 2000,
    epochs: int = 4,
    batch_size: int = 256,
    learning_rate: float = 2e-3,
    mix: Mixing | None = None,
) -> Recipe:
    """Return equal answers nearby, for any rows.

    Dense layers with batch normalisation; predictions do not change in the direction in which they
    would change most. Nothing is known of what a row is. The control is the same network on the
    labels alone.

    References
    ----------
    Miyato, Maeda, Koyama and Ishii (2018), "Virtual adversarial training: a regularization method
    for supervised and semi-supervised learning".
    """
    supervised = Supervised(mix=mix)
    objective = VAT(supervised, eps=eps, entropy=entropy, ratio=ratio)
    training = Training(
        learning_rate=learning_rate, shape="cosine", batch_size=batch_size, min_steps=steps
    )
    alone = Training(learning_rate=1e-3, shape="cosine", batch_size=32, min_steps=400)
    return Recipe(
        "vat",
        stack=Stack.of_widths(widths, normalisation="batch"),
        plan=as_plan(NOTHING),
        finetune=as_plan([(objective, Joint(epochs), training)]),
        control=as_plan([(Supervised(mix=mix, dropout=0.3), Joint(25), alone)]),
    )


def _steps(
    objective: Consistency, epochs: int, batch_size: int, learning_rate: float, steps: int
) -> tuple[Step, ...]:
    training = Training(
        "adamw",
        learning_rate=learning_rate,
        weight_decay=0.02,
        batch_size=batch_size,
        min_steps=steps,
    )
    return as_plan([(objective, Joint(epochs), training)])


def _of_images(
    name: str,
    channels: tuple[int, ...],
    finetune: tuple[Step, ...],
    augment: Augmentation,
    control_steps: int,
) -> Recipe:
    return Recipe(
        name,
        stack=convolutions(channels),
        plan=as_plan(NOTHING),
        finetune=finetune,
        control=augmented(augment=augment, finetune_steps=control_steps),
    )
