"""Recipes of autoencoders."""

from __future__ import annotations

from typing import Any

from .._errors import ParameterError
from ..architecture import Concatenate, Conv, Dense, Latent, Stack
from ..augmentation import Masking, Swap
from ..data.inputs import Inputs
from ..objective import Denoising, Reconstruction, Variational
from ..schedule import Greedy, Joint, Progressive
from ..training import Training, as_plan
from .recipe import Recipe, finetune

MODERN: dict[str, Any] = {"dropout": 0.3, "input_dropout": 0.2, "label_smoothing": 0.1}


def deep_autoencoder(
    widths: tuple[int, ...] = (128, 64, 32),
    *,
    activation: str = "relu",
    epochs: int = 20,
    **settings: Any,
) -> Recipe:
    """Return a deep autoencoder, end to end.

    Reconstruction (cross-entropy on [0, 1]) with ``Joint``; 128-64-32 ReLU units.

    References
    ----------
    The shape of the Keras tutorial, "Building autoencoders in Keras" (2016).
    """
    stack = Stack.of_widths(widths, activation=activation)
    return Recipe(
        "deep_autoencoder",
        stack=stack,
        plan=as_plan([(Reconstruction(), Joint(epochs))]),
        finetune=finetune(**settings),
    )


def progressive_autoencoder(
    widths: tuple[int, ...] = (128, 64, 32),
    *,
    activation: str = "relu",
    epochs: int = 10,
    **settings: Any,
) -> Recipe:
    """Return a deep autoencoder grown layer by layer.

    It grows by one encode and one decode layer at a time and is trained completely at each step.

    References
    ----------
    Hinton and Salakhutdinov (2006), "Reducing the dimensionality of data with neural networks",
    grew theirs by greedy stages and trained completely once at the end; here that is done at every
    step.
    """
    stack = Stack.of_widths(widths, activation=activation)
    plan = as_plan([(Reconstruction(), Progressive(epochs))])
    return Recipe("progressive_autoencoder", stack=stack, plan=plan, finetune=finetune(**settings))


def stacked_autoencoder(
    widths: tuple[int, ...] = (500, 500, 500),
    *,
    activation: str = "sigmoid",
    epochs: int = 10,
    **settings: Any,
) -> Recipe:
    """Return a stacked autoencoder, greedy.

    Sigmoid units, cross-entropy, three layers.

    References
    ----------
    Bengio, Lamblin, Popovici and Larochelle (2007), "Greedy layer-wise training of deep networks".
    """
    stack = Stack.of_widths(widths, activation=activation)
    plan = as_plan([(Reconstruction(), Greedy(epochs))])
    return Recipe("stacked_autoencoder", stack=stack, plan=plan, finetune=finetune(**settings))


def stacked_denoising_autoencoder(
    widths: tuple[int, ...] = (1000, 1000, 1000),
    *,
    p: float = 0.25,
    epochs: int = 8,
    batch_size: int = 256,
    modern: bool = False,
    **settings: Any,
) -> Recipe:
    """Return a stacked denoising autoencoder, greedy.

    Masking noise, tied sigmoid units, 3 x 1000. ``modern`` takes ReLU units in place of sigmoids,
    and dropout and label smoothing in fine-tuning.

    References
    ----------
    Vincent, Larochelle, Lajoie, Bengio and Manzagol (2010), "Stacked denoising autoencoders:
    learning useful representations in a deep network with a local denoising criterion".
    """
    stack = Stack.of_widths(widths, activation="relu" if modern else "sigmoid", tied=True)
    plan = as_plan([(Denoising(Masking(p)), Greedy(epochs), Training(batch_size=batch_size))])
    steps = finetune(**(MODERN | settings if modern else settings))
    return Recipe("stacked_denoising_autoencoder", stack=stack, plan=plan, finetune=steps)


def variational_autoencoder(
    widths: tuple[int, ...] = (256, 128),
    *,
    units: int = 16,
    weight: float = 1.0,
    epochs: int = 20,
    steps: int = 5000,
    batch_size: int = 256,
    **settings: Any,
) -> Recipe:
    """Return a variational autoencoder.

    ReLU stages below a ``Latent`` code, the evidence lower bound with ``Joint``, for at least
    ``steps``; ``generate`` draws rows from it.

    References
    ----------
    Kingma and Welling (2014), "Auto-encoding variational Bayes".
    """
    stages = Stack.of_widths(widths, activation="relu").stages
    training = Training(batch_size=batch_size, shape="cosine", min_steps=steps)
    return Recipe(
        "variational_autoencoder",
        stack=Stack(*stages, Latent(units)),
        plan=as_plan([(Variational(weight), Joint(epochs), training)]),
        finetune=finetune(**settings),
    )


def stacked_convolutional_autoencoder(
    channels: tuple[int, ...] = (100, 150, 200),
    *,
    kernels: tuple[int, ...] = (5, 5, 3),
    pools: tuple[int, ...] = (2, 2, 1),
    p: float = 0.3,
    epochs: int = 5,
    modern: bool = False,
    **settings: Any,
) -> Recipe:
    """Return a stack of convolutions, for images.

    Trained greedily with tanh units, max-pooling and 30 % masking noise. Tied convolutions, 100 of
    5 x 5 and 150 of 5 x 5, each pooled by 2, then 200 of 3 x 3. ``modern`` takes ReLU units, and
    dropout and label smoothing in fine-tuning.

    References
    ----------
    Masci, Meier, Ciresan and Schmidhuber (2011), "Stacked convolutional auto-encoders for
    hierarchical feature extraction".
    """
    activation = "relu" if modern else "tanh"
    if len(channels) > min(len(kernels), len(pools)):
        raise ParameterError(
            f"{len(channels)} convolutions need as many kernels and pools. Got {kernels!r} and "
            f"{pools!r}.",
            "List one each.",
        )
    stages = zip(channels, kernels, pools, strict=False)  # fewer channels make fewer stages
    stack = Stack(
        *(Conv(c, k, pool=pool, activation=activation, tied=True) for c, k, pool in stages)
    )
    plan = as_plan([(Denoising(Masking(p)), Greedy(epochs))])
    steps = finetune(**(MODERN | {"input_dropout": 0.0} | settings if modern else settings))
    return Recipe("stacked_convolutional_autoencoder", stack=stack, plan=plan, finetune=steps)


def tabular_denoising_autoencoder(
    widths: tuple[int, ...] = (256, 256, 256),
    *,
    p: float = 0.15,
    epochs: int = 10,
    all_layers: bool = False,
    **settings: Any,
) -> Recipe:
    """Return a denoising autoencoder for tables.

    Swap noise, wide ReLU layers, end to end. Numbers are scaled by median and quartiles, outliers
    bounded (Jahrer maps them to a normal distribution: ``numbers="quantile"``). ``all_layers``
    makes the codes of all layers, side by side, the code. Ten epochs of a small table are few
    steps: ``recipe="auto"`` takes as many as make 3,000.

    References
    ----------
    Jahrer (2017), first place in Kaggle's Porto Seguro competition.
    """
    stack = Stack(Concatenate(*map(Dense, widths))) if all_layers else Stack.of_widths(widths)
    plan = as_plan([(Denoising(Swap(p)), Joint(epochs))])
    steps = finetune(**({"dropout": 0.3, "label_smoothing": 0.1} | settings))
    return Recipe(
        "tabular_denoising_autoencoder",
        stack=stack,
        plan=plan,
        finetune=steps,
        preprocessing=Inputs("robust"),
    )
