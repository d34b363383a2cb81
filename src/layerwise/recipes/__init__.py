"""Named combinations with their papers' defaults, as plain values: words, never behaviour.

Each recipe is what its paper says; ``modern=True`` takes what is known to be better today, with the
difference measured in ``benchmarks/README.md``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from .._checks import check_name
from .._errors import ParameterError, did_you_mean
from .autoencoders import (
    deep_autoencoder,
    progressive_autoencoder,
    stacked_autoencoder,
    stacked_convolutional_autoencoder,
    stacked_denoising_autoencoder,
    tabular_denoising_autoencoder,
    variational_autoencoder,
)
from .boltzmann import deep_autoencoder_from_rbms, deep_belief_network
from .consistent import fixmatch, mean_teacher, pi_model, vat
from .images import augmented
from .literature import KINDS, kind_of, year_of
from .masks import masked_autoencoder, scarf, vime
from .recipe import Recipe, finetune
from .semisupervised import ladder
from .text import bag_of_words_denoising_autoencoder, masked_language_model
from .transfer import sentence_encoder, setfit, vision_encoder
from .two_views import barlow_twins, byol, dino, moco, simclr, vicreg

RECIPES: dict[str, Callable[..., Recipe]] = {
    recipe.__name__: recipe
    for recipe in (
        bag_of_words_denoising_autoencoder,
        barlow_twins,
        byol,
        deep_autoencoder,
        deep_autoencoder_from_rbms,
        deep_belief_network,
        dino,
        fixmatch,
        ladder,
        masked_autoencoder,
        masked_language_model,
        mean_teacher,
        moco,
        pi_model,
        progressive_autoencoder,
        scarf,
        sentence_encoder,
        setfit,
        simclr,
        stacked_autoencoder,
        stacked_convolutional_autoencoder,
        stacked_denoising_autoencoder,
        tabular_denoising_autoencoder,
        variational_autoencoder,
        vat,
        vicreg,
        vime,
        vision_encoder,
    )
}

_OURS = tuple(RECIPES)
# The recipes here whose settings go to augmented(); those of others go to finetune()
_IMAGES = frozenset({barlow_twins, byol, dino, masked_autoencoder, moco, simclr, vicreg})
__all__ = [
    "KINDS",
    "RECIPES",
    "Recipe",
    "arguments_of",
    "kind_of",
    "make_recipe",
    "needed_by",
    "register_recipe",
    "summary_of",
    "year_of",
    *_OURS,
]


def register_recipe(recipe: Callable[..., Recipe]) -> Callable[..., Recipe]:
    """Let a function of yours be a recipe: ``--recipe NAME`` and ``recipe="NAME"``.

    Parameters
    ----------
    recipe : callable
        Returns a ``Recipe``; its name is the recipe's, the first line of its docstring is what
        ``layerwise recipes`` shows, its arguments are what ``--set`` changes.

    Raises
    ------
    ParameterError
        When the name is taken, or there is no docstring.

    Examples
    --------
    >>> from layerwise import Recipe, recipes, register_recipe
    >>> @register_recipe
    ... def small_autoencoder(width: int = 8):
    ...     \"\"\"Return a small autoencoder.\"\"\"
    ...     return recipes.deep_autoencoder((width,)).replace("name", "small_autoencoder")
    >>> recipes.make_recipe("small_autoencoder", width=4).stack
    Stack(Dense(4))
    """
    name, known = recipe.__name__, RECIPES.get(recipe.__name__)
    if known is not None and known.__module__ != recipe.__module__:
        raise ParameterError(
            f"The recipe {name!r} is taken by {known.__module__}.", "Give yours another name."
        )
    if not inspect.getdoc(recipe):
        raise ParameterError(
            f"The recipe {name!r} has no docstring.", "Its first line says what it is."
        )
    RECIPES[name] = recipe
    return recipe


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
            raise ParameterError(
                f"The recipe {name!r} has no argument {argument!r}.", did_you_mean(argument, known)
            )
    missing = [argument for argument in needed_by(name) if argument not in arguments]
    if missing:
        raise ParameterError(
            f"The recipe {name!r} needs {' and '.join(map(repr, missing))}.",
            "With the command: --encoder FOLDER.",
        )
    recipe = RECIPES[name](**arguments)
    return recipe if recipe.name == name else recipe.replace("name", name)


def arguments_of(name: str) -> list[str]:
    """Return the names of a recipe's arguments."""
    parameters = list(inspect.signature(RECIPES[name]).parameters.values())
    own = [p.name for p in parameters if p.kind is not p.VAR_KEYWORD]
    if len(own) == len(parameters):
        return own
    tuned = augmented if RECIPES[name] in _IMAGES else finetune
    return own + [name for name in inspect.signature(tuned).parameters if name not in own]


def needed_by(name: str) -> list[str]:
    """Return the arguments of a recipe that have no default.

    >>> needed_by("simclr"), needed_by("sentence_encoder")
    ([], ['encoder'])
    """
    parameters = inspect.signature(RECIPES[name]).parameters.values()
    return [p.name for p in parameters if p.default is p.empty and p.kind is not p.VAR_KEYWORD]


def summary_of(name: str) -> str:
    """Return what a recipe is, in one line.

    >>> summary_of("deep_autoencoder")
    'a deep autoencoder, end to end.'
    """
    first = inspect.getdoc(RECIPES[name]).splitlines()[0]  # type: ignore[union-attr]
    return first.removeprefix("Return ")
