"""Recipes of masks and of corrupted columns."""

from __future__ import annotations

from typing import Any

from ..architecture import Stack
from ..augmentation import Resample, Swap
from ..data.inputs import Inputs
from ..objective import SCARF, VIME, MaskedAutoencoder, Supervised, VIMEConsistency
from ..schedule import HeadOnly, Joint
from ..training import EVERYTHING, HEAD_FIRST, Training, as_plan
from .images import augmented, vision_transformer
from .recipe import Recipe, finetune


def masked_autoencoder(
    size: int = 4,
    width: int = 64,
    depth: int = 4,
    heads: int = 4,
    *,
    hidden: float = 0.75,
    epochs: int = 20,
    batch_size: int = 256,
    **settings: Any,
) -> Recipe:
    """Return hidden patches guessed, for images.

    A small vision transformer that sees a quarter of the patches; fine-tuned with augmentation, as
    its control is. The sides of an image are divisible by ``size``.

    References
    ----------
    He, Chen, Xie, Li, Dollar and Girshick (2022), "Masked autoencoders are scalable vision
    learners".
    """
    training = Training("adamw", learning_rate=1e-3, batch_size=batch_size, weight_decay=0.05)
    return Recipe(
        "masked_autoencoder",
        stack=vision_transformer(size, width, depth, heads),
        plan=as_plan([(MaskedAutoencoder(hidden=hidden), Joint(epochs), training)]),
        finetune=augmented(**({"finetune_rate": 1e-3} | settings)),
    )


def scarf(
    widths: tuple[int, ...] = (256, 256, 256, 256),
    *,
    share: float = 0.6,
    epochs: int = 30,
    batch_size: int = 128,
    **settings: Any,
) -> Recipe:
    """Return rows against corrupted copies, for tables.

    Four layers of 256 ReLU units, 60 % of the columns from other rows, a temperature of 1.

    References
    ----------
    Bahri, Jiang, Tay and Metzler (2022), "SCARF: self-supervised contrastive learning using random
    feature corruption".
    """
    objective = SCARF(Resample(share), projector=(256, 256))
    training = Training(learning_rate=1e-3, batch_size=batch_size)
    return Recipe(
        "scarf",
        stack=Stack.of_widths(widths),
        plan=as_plan([(objective, Joint(epochs), training)]),
        finetune=finetune(**({"dropout": 0.3, "label_smoothing": 0.1} | settings)),
        preprocessing=Inputs("robust"),
    )


def vime(
    widths: tuple[int, ...] = (256, 256, 256),
    *,
    p: float = 0.3,
    weight: float = 2.0,
    agreement: float = 1.0,
    epochs: int = 10,
    consistency_epochs: int = 10,
    batch_size: int = 128,
    dropout: float = 0.3,
) -> Recipe:
    """Return corrupted cells found, then agreement.

    Both phases: which cells were changed and what stood there; then labels, with predictions that
    agree over three corrupted copies of every row. The control has the labels alone.

    References
    ----------
    Yoon, Zhang, Jordon and van der Schaar (2020), "VIME: extending the success of self- and
    semi-supervised learning to tabular domain".
    """
    training = Training(learning_rate=1e-3, batch_size=batch_size)
    supervised = Supervised(dropout=dropout)
    second = VIMEConsistency(supervised, corruption=Swap(p), weight=agreement, ratio=2.0)
    then = Training(learning_rate=1e-3, shape="cosine", batch_size=batch_size, min_steps=800)
    return Recipe(
        "vime",
        stack=Stack.of_widths(widths),
        plan=as_plan([(VIME(Swap(p), weight=weight), Joint(epochs), training)]),
        finetune=as_plan(
            [(supervised, HeadOnly(5), HEAD_FIRST), (second, Joint(consistency_epochs), then)]
        ),
        control=as_plan(
            [(supervised, HeadOnly(5), HEAD_FIRST), (supervised, Joint(25), EVERYTHING)]
        ),
        preprocessing=Inputs("robust"),
    )
