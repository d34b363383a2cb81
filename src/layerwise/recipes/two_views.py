"""Recipes of two views: a convolutional encoder learns what two views of an image share."""

from __future__ import annotations

from typing import Any

from ..augmentation import Augmentation
from ..objective import BYOL, DINO, BarlowTwins, MoCo, SimCLR, VICReg
from ..objective.two_views import TwoViews
from ..schedule import Joint
from ..training import Training, as_plan
from .images import CHANNELS, VIEWS, augmented, convolutions
from .recipe import Recipe


def simclr(
    channels: tuple[int, ...] = CHANNELS,
    *,
    views: Augmentation = VIEWS,
    temperature: float = 0.5,
    epochs: int = 6,
    batch_size: int = 256,
    **settings: Any,
) -> Recipe:
    """Return contrast with the batch, for images.

    Six convolutions, a projector of 256-128, NT-Xent at a temperature of 0.5; fine-tuned with
    augmentation, as its control is.

    References
    ----------
    Chen, Kornblith, Norouzi and Hinton (2020), "A simple framework for contrastive learning of
    visual representations".
    """
    objective = SimCLR(views, temperature=temperature)
    return _recipe("simclr", objective, channels, epochs, batch_size, settings)


def moco(
    channels: tuple[int, ...] = CHANNELS,
    *,
    views: Augmentation = VIEWS,
    queue: int = 1024,
    momentum: float = 0.99,
    epochs: int = 6,
    batch_size: int = 256,
    **settings: Any,
) -> Recipe:
    """Return contrast with a queue, for images.

    References
    ----------
    He, Fan, Wu, Xie and Girshick (2020), "Momentum contrast for unsupervised visual representation
    learning".
    """
    objective = MoCo(views, queue=queue, momentum=momentum)
    return _recipe("moco", objective, channels, epochs, batch_size, settings)


def byol(
    channels: tuple[int, ...] = CHANNELS,
    *,
    views: Augmentation = VIEWS,
    momentum: float = 0.99,
    epochs: int = 6,
    batch_size: int = 256,
    **settings: Any,
) -> Recipe:
    """Return a teacher's view predicted, for images.

    References
    ----------
    Grill et al. (2020), "Bootstrap your own latent: a new approach to self-supervised learning".
    """
    objective = BYOL(views, momentum=momentum)
    return _recipe("byol", objective, channels, epochs, batch_size, settings)


def dino(
    channels: tuple[int, ...] = CHANNELS,
    *,
    views: Augmentation = VIEWS,
    prototypes: int = 1024,
    epochs: int = 6,
    batch_size: int = 256,
    **settings: Any,
) -> Recipe:
    """Return a teacher's soft groups, for images.

    References
    ----------
    Caron, Touvron, Misra, Jegou, Mairal, Bojanowski and Joulin (2021), "Emerging properties in
    self-supervised vision transformers".
    """
    objective = DINO(views, prototypes=prototypes)
    return _recipe("dino", objective, channels, epochs, batch_size, settings)


def barlow_twins(
    channels: tuple[int, ...] = CHANNELS,
    *,
    views: Augmentation = VIEWS,
    epochs: int = 6,
    batch_size: int = 256,
    **settings: Any,
) -> Recipe:
    """Return features that repeat nothing, for images.

    References
    ----------
    Zbontar, Jing, Misra, LeCun and Deny (2021), "Barlow twins: self-supervised learning via
    redundancy reduction".
    """
    objective = BarlowTwins(views)
    return _recipe("barlow_twins", objective, channels, epochs, batch_size, settings)


def vicreg(
    channels: tuple[int, ...] = CHANNELS,
    *,
    views: Augmentation = VIEWS,
    epochs: int = 6,
    batch_size: int = 256,
    **settings: Any,
) -> Recipe:
    """Return features that vary and agree, for images.

    References
    ----------
    Bardes, Ponce and LeCun (2022), "VICReg: variance-invariance-covariance regularization for
    self-supervised learning".
    """
    return _recipe("vicreg", VICReg(views), channels, epochs, batch_size, settings)


def _recipe(
    name: str,
    objective: TwoViews,
    channels: tuple[int, ...],
    epochs: int,
    batch_size: int,
    settings: dict[str, Any],
) -> Recipe:
    training = Training(batch_size=batch_size)
    return Recipe(
        name,
        stack=convolutions(channels),
        plan=as_plan([(objective, Joint(epochs), training)]),
        finetune=augmented(**settings),
    )
