"""Named combinations with their papers' defaults, as plain values: words, never behaviour.

Each recipe is what its paper says; ``modern=True`` takes what is known to be better today, with the difference measured in
``benchmarks/README.md``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any

from ._errors import ParameterError, did_you_mean
from ._spec import Spec, check_kind, check_name, register
from .architecture import Stack
from .data.preprocessing import NUMBERS
from .objective import Denoising, Masking, Reconstruction, Supervised, Swap
from .schedule import Greedy, HeadOnly, Joint, Progressive
from .training import EVERYTHING, HEAD_FIRST, Step, Training, as_plan


@register
@dataclass(frozen=True, repr=False)
class Recipe(Spec):
    """A stack, a plan to pretrain it and a plan to fine-tune it.

    Parameters
    ----------
    name : str
    stack : Stack
    plan, finetune : tuple of Step
    numbers : str, default 'auto'
        How ``Preprocessor`` scales numbers.
    validation : {'auto'}, int, float or None, default None
        How the number of fine-tuning epochs is chosen, as in ``PretrainedClassifier``; the same for both arms.

    Examples
    --------
    >>> from layerwise import PretrainedClassifier, Pretrainer, recipes
    >>> recipe = recipes.stacked_autoencoder(widths=(100, 50))
    >>> model = PretrainedClassifier(Pretrainer(recipe.stack, plan=recipe.plan), plan=recipe.finetune)
    """

    name: str
    _: KW_ONLY
    stack: Stack
    plan: tuple[Step, ...]
    finetune: tuple[Step, ...]
    numbers: str = "auto"
    validation: float | int | str | None = None

    def __post_init__(self) -> None:
        check_kind(self, "stack", self.stack, Stack, "a Stack")
        check_name(self, "numbers", self.numbers, NUMBERS)
        for name in ("plan", "finetune"):
            object.__setattr__(self, name, as_plan(getattr(self, name)))


def deep_autoencoder(
    widths: tuple[int, ...] = (128, 64, 32), *, activation: str = "relu", epochs: int = 20, **settings: Any
) -> Recipe:
    """Return a deep autoencoder, trained end to end.

    Reconstruction (cross-entropy on [0, 1]) with ``Joint``; 128-64-32 ReLU units.

    References
    ----------
    The shape of the Keras tutorial, "Building autoencoders in Keras" (2016).
    """
    stack = Stack.of_widths(widths, activation=activation)
    return Recipe(
        "deep_autoencoder", stack=stack, plan=as_plan([(Reconstruction(), Joint(epochs))]), finetune=_finetune(**settings)
    )


def progressive_autoencoder(
    widths: tuple[int, ...] = (128, 64, 32), *, activation: str = "relu", epochs: int = 10, **settings: Any
) -> Recipe:
    """Return an autoencoder that grows by one encode and one decode layer at a time, trained completely at each step."""
    stack = Stack.of_widths(widths, activation=activation)
    plan = as_plan([(Reconstruction(), Progressive(epochs))])
    return Recipe("progressive_autoencoder", stack=stack, plan=plan, finetune=_finetune(**settings))


def stacked_autoencoder(
    widths: tuple[int, ...] = (500, 500, 500), *, activation: str = "sigmoid", epochs: int = 10, **settings: Any
) -> Recipe:
    """Return a stacked autoencoder, trained greedily: sigmoid units, cross-entropy, three layers.

    References
    ----------
    Bengio, Lamblin, Popovici and Larochelle (2007), "Greedy layer-wise training of deep networks".
    """
    stack = Stack.of_widths(widths, activation=activation)
    plan = as_plan([(Reconstruction(), Greedy(epochs))])
    return Recipe("stacked_autoencoder", stack=stack, plan=plan, finetune=_finetune(**settings))


def stacked_denoising_autoencoder(
    widths: tuple[int, ...] = (1000, 1000, 1000),
    *,
    p: float = 0.25,
    epochs: int = 8,
    batch_size: int = 256,
    modern: bool = False,
    **settings: Any,
) -> Recipe:
    """Return a stacked denoising autoencoder, trained greedily: masking noise, tied sigmoid units, 3 x 1000.

    ``modern`` takes ReLU units in place of sigmoids, and dropout and label smoothing in fine-tuning.

    References
    ----------
    Vincent, Larochelle, Lajoie, Bengio and Manzagol (2010), "Stacked denoising autoencoders: learning useful
    representations in a deep network with a local denoising criterion".
    """
    stack = Stack.of_widths(widths, activation="relu" if modern else "sigmoid", tied=True)
    plan = as_plan([(Denoising(Masking(p)), Greedy(epochs), Training(batch_size=batch_size))])
    finetune = _finetune(**(_MODERN | settings if modern else settings))
    return Recipe("stacked_denoising_autoencoder", stack=stack, plan=plan, finetune=finetune)


def tabular_denoising_autoencoder(
    widths: tuple[int, ...] = (256, 256, 256), *, p: float = 0.15, epochs: int = 10, **settings: Any
) -> Recipe:
    """Return a denoising autoencoder for tables: swap noise, numbers mapped to a normal distribution, wide ReLU layers.

    References
    ----------
    Jahrer (2017), first place in Kaggle's Porto Seguro competition.
    """
    plan = as_plan([(Denoising(Swap(p)), Joint(epochs))])
    finetune = _finetune(**({"dropout": 0.3, "label_smoothing": 0.1, "finetune_rate": 3e-4} | settings))
    return Recipe("tabular_denoising_autoencoder", stack=Stack.of_widths(widths), plan=plan, finetune=finetune, numbers="quantile")


_MODERN: dict[str, Any] = {"dropout": 0.3, "input_dropout": 0.2, "label_smoothing": 0.1}

RECIPES: dict[str, Callable[..., Recipe]] = {
    recipe.__name__: recipe
    for recipe in (
        deep_autoencoder,
        progressive_autoencoder,
        stacked_autoencoder,
        stacked_denoising_autoencoder,
        tabular_denoising_autoencoder,
    )
}


def make_recipe(name: str, **arguments: Any) -> Recipe:
    """Return a recipe by name, with some of its arguments changed.

    Raises
    ------
    ParameterError
        For an unknown name or argument; names the closest.

    >>> make_recipe("deep_autoencoder", widths=(64, 16)).stack
    Stack(Dense(64), Dense(16))
    """
    check_name("make_recipe", "name", name, RECIPES)
    known = arguments_of(name)
    for argument in arguments:
        if argument not in known:
            raise ParameterError(f"The recipe {name!r} has no argument {argument!r}.", did_you_mean(argument, known))
    return RECIPES[name](**arguments)


def arguments_of(name: str) -> list[str]:
    """Return the names of a recipe's arguments."""
    own = [p.name for p in inspect.signature(RECIPES[name]).parameters.values() if p.kind is not p.VAR_KEYWORD]
    return own + list(inspect.signature(_finetune).parameters)


def _finetune(
    *,
    head: tuple[int, ...] = (),
    dropout: float = 0.0,
    input_dropout: float = 0.0,
    label_smoothing: float = 0.0,
    head_epochs: int = 5,
    finetune_epochs: int = 25,
    finetune_rate: float = 1e-3,
    layer_decay: float = 1.0,
) -> tuple[Step, ...]:
    """Return the head first, then everything."""
    supervised = Supervised(head, dropout=dropout, input_dropout=input_dropout, label_smoothing=label_smoothing)
    head_first = replace(HEAD_FIRST, learning_rate=finetune_rate)
    everything = replace(EVERYTHING, learning_rate=finetune_rate, layer_decay=layer_decay)
    return as_plan([(supervised, HeadOnly(head_epochs), head_first), (supervised, Joint(finetune_epochs), everything)])
