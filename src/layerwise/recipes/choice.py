"""``recipe="auto"``: a recipe for the kind of data, their shape and the number of labels.

The rules, with what they rest on (``docs/choosing.md``):

* Images of 16 x 16 pixels and more, some of them without a label: ``fixmatch``, six convolutions
  that learn from labelled and unlabelled images at once. Where they have colours: ``simclr`` and
  strong views of the labelled images, for there guesses teach themselves.
* A table with columns of different kinds: ``tabular_denoising_autoencoder``, with more epochs where
  rows are few: ten epochs of a thousand rows are forty steps, which teach nothing.
* A table with columns of free text: ``bag_of_words_denoising_autoencoder``.
* Rows of 256 numbers and more, such as images: ``stacked_denoising_autoencoder`` of 3 x 1,000 ReLU
  units.
* Rows of fewer numbers: the same of 3 x 200 units, with more epochs, for small layers need more
  steps.
* The number of labels does not change the recipe: the default fine-tuning has a number of steps
  that few labels do not shrink. Where every row has a label, the reason says that pretraining has
  nothing to add.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._errors import ParameterError, did_you_mean
from ..augmentation import Suited
from ..training import Training
from ..training.feed import count_batches

if TYPE_CHECKING:
    from .recipe import Recipe

SMALL = 256  # features; below, the stack is narrower than the papers'
MANY = 5_000  # rows
SIDE = 16  # pixels; smaller images have no room for three strides
SMALL_SETTINGS: dict[str, Any] = {"widths": (200, 200, 200), "epochs": 60, "batch_size": 64}
# Of the tabular recipe: at least these epochs, and at least these steps.
TABLE_EPOCHS, TABLE_STEPS = 10, 3000
# As the modern recipes fine-tune.
REGULARISED: dict[str, Any] = {"dropout": 0.3, "input_dropout": 0.2, "label_smoothing": 0.1}

# What a study of images compares by default: a kind each
STACKED: dict[str, Any] = {"modern": True, "widths": (500, 500, 500)}
OF_IMAGES: dict[str, dict[str, Any]] = {
    "fixmatch": {"epochs": 1, "supervised_steps": 300, "steps": 500, "control_steps": 800},
    "simclr": {"epochs": 3, "finetune_steps": 800},
    "stacked_denoising_autoencoder": STACKED,
}
# Photographs need stronger views of the labelled rows, and more steps with them
COLOURS = 3
IN_COLOURS: dict[str, Any] = {"temperature": 0.2, "augment": Suited("strong")}
LONG_IN_COLOURS: dict[str, Any] = {
    "channels": (32, 64, 128),
    "epochs": 8,
    "finetune_steps": 3000,
} | IN_COLOURS
OF_COLOURS: dict[str, dict[str, Any]] = {
    "simclr": {"epochs": 5, "finetune_steps": 1500} | IN_COLOURS,
    "fixmatch": {
        "augment": Suited("strong"),
        "epochs": 1,
        "supervised_steps": 800,
        "steps": 800,
        "control_steps": 1500,
    },
    "stacked_denoising_autoencoder": STACKED,
}


@dataclass(frozen=True)
class Choice:
    """A recipe's name and arguments, and why it was chosen."""

    name: str
    arguments: dict[str, Any]
    why: str
    changes: tuple[str, ...] = ()  # of the recipe's fields, as 'path=value'


Shape = tuple[int, ...]


def choose(
    *,
    table: bool,
    features: int,
    rows: int,
    labels: int | None = None,
    image: Shape | None = None,
    classes: bool = False,
    text: bool = False,
    encoder: str | None = None,
) -> Choice:
    """Return a recipe for data.

    Parameters
    ----------
    table : bool
        Whether rows are columns of different kinds (a data frame) rather than numbers of one kind.
    features : int
        Numbers in a row.
    rows : int
        All rows.
    labels : int, optional
        Those with a label.
    image : tuple (channels, height, width), optional
        Where rows are images.
    classes : bool
        Whether the labels are classes.
    text : bool
        Whether there is a column of free text.
    encoder : str, optional
        Folder of an encoder that somebody else has trained.

    Raises
    ------
    ParameterError
        When an encoder is given for rows that are neither texts nor images.

    >>> choose(table=False, features=784, rows=60000, labels=1000).name
    'stacked_denoising_autoencoder'
    """
    full = (
        " Every row has a label, so pretraining has no rows to add."
        if labels is not None and labels >= rows
        else ""
    )
    if encoder is not None:
        return _borrowed(encoder, text, image)
    if text:
        why = f"the data hold text.{full}"
        return Choice("bag_of_words_denoising_autoencoder", {}, why)
    if table:
        epochs = max(
            TABLE_EPOCHS,
            math.ceil(TABLE_STEPS / count_batches(max(rows, 1), Training().batch_size)),
        )
        return Choice(
            "tabular_denoising_autoencoder", {"epochs": epochs}, f"the data are a table.{full}"
        )
    if learns_as_images(image, classes) and labels is not None and not full:
        if in_colours(image):
            return Choice("simclr", LONG_IN_COLOURS, f"rows are {_pixels(image)} in colours.")
        return Choice("fixmatch", {}, f"rows are {_pixels(image)}.")
    if features >= SMALL:
        return Choice(
            "stacked_denoising_autoencoder",
            {"modern": True},
            f"rows are arrays of {features:,} features.{full}",
        )
    settings = {"modern": True} | SMALL_SETTINGS
    return Choice(
        "stacked_denoising_autoencoder",
        settings,
        f"rows are arrays of only {features} features.{full}",
    )


def _borrowed(encoder: str, text: bool, image: Shape | None) -> Choice:
    """Return the recipe for an encoder from a folder."""
    if not text and image is None:
        raise ParameterError(
            f"The encoder {encoder!r} reads texts or images; the data are neither.",
            "Leave the encoder out, or say which column is text (--text NAME).",
        )
    name = "sentence_encoder" if text else "vision_encoder"
    return Choice(name, {"encoder": encoder}, f"the encoder {encoder!r} was given.")


def learns_as_images(image: Shape | None, classes: bool) -> bool:
    """Whether rows are images of a size, and labels of a kind, that ``fixmatch`` is for."""
    return image is not None and min(image[1:]) >= SIDE and classes


def in_colours(image: Shape | None) -> bool:
    """Whether rows are images of three channels."""
    return image is not None and image[0] == COLOURS


def _pixels(image: Shape | None) -> str:
    assert image is not None
    return f"images of {image[1]} x {image[2]} pixels"


def choose_three(
    *,
    table: bool,
    features: int,
    rows: int,
    image: Shape | None = None,
    classes: bool = False,
    text: bool = False,
    encoder: str | None = None,
) -> list[Choice]:
    """Return the recipes that a study compares by default: the first is of the kind that
    :func:`choose` takes, the others answer in other ways. Networks for images learn for fewer steps
    than in ``fit``: a study fits them hundreds of times."""
    if encoder is not None:
        return [_borrowed(encoder, text, image)]
    if learns_as_images(image, classes):
        why = f"rows are {_pixels(image)}."
        arms = OF_COLOURS if in_colours(image) else OF_IMAGES
        return [Choice(name, dict(settings), why) for name, settings in arms.items()]
    first = choose(table=table, features=features, rows=rows, text=text)
    if text:
        return [first, Choice("masked_language_model", {}, first.why)]
    large = not table and features >= SMALL
    effort = 1 if rows < MANY else 4  # many rows make many steps an epoch
    regularised = REGULARISED | (
        {"input_dropout": 0.0} if table else {}
    )  # a table's columns do not stand in for each other
    others = {
        "stacked_denoising_autoencoder": {"modern": True}
        | SMALL_SETTINGS
        | {"epochs": 60 // effort}
        | regularised,
        "progressive_autoencoder": {
            "widths": (500, 250, 100) if large else (200, 100, 50),
            "epochs": 40 // effort,
        }
        | regularised,
        "deep_autoencoder": {
            "widths": (500, 500, 500) if large else (200, 200, 200),
            "epochs": 80 // effort,
        }
        | regularised,
    }
    changes = ("numbers=robust",) if table else ()
    rest = [
        Choice(name, settings, first.why, changes)
        for name, settings in others.items()
        if name != first.name
    ]
    return [first, *rest[:2]]


def recipe_for(
    recipe: Recipe | str,
    *,
    table: bool,
    features: int,
    rows: int,
    labels: int | None = None,
    image: Shape | None = None,
    classes: bool = False,
    text: bool = False,
) -> tuple[Recipe, str]:
    """Return the recipe that a setting means ('auto', a name, or a Recipe), and a sentence on who
    chose it.

    Raises
    ------
    ParameterError
        For an unknown name.
    """
    from . import RECIPES, Recipe, make_recipe

    if isinstance(recipe, Recipe):
        return recipe, f"Recipe {recipe.name} was given."
    if recipe == "auto":
        choice = choose(
            table=table,
            features=features,
            rows=rows,
            labels=labels,
            image=image,
            classes=classes,
            text=text,
        )
        return make_recipe(
            choice.name, **choice.arguments
        ), f"Recipe {choice.name} was chosen: {choice.why}"
    if recipe not in RECIPES:
        raise ParameterError(
            f"There is no recipe {recipe!r}.", did_you_mean(recipe, ["auto", *RECIPES])
        )
    return make_recipe(recipe), f"Recipe {recipe} was asked for."
