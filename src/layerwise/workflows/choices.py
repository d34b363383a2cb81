"""The recipe and what ``--set`` changes in it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from .._errors import ParameterError, did_you_mean
from .._spec import from_words
from ..architecture.borrowed import image_side
from ..data.readers import ReadRows
from ..recipes import RECIPES, Recipe, arguments_of, make_recipe
from ..recipes.choice import (
    IN_COLOURS,
    Choice,
    choose,
    choose_three,
    in_colours,
    learns_as_images,
)

_NUMBER = r"-?\d+(\.\d+)?(e[+-]?\d+)?"
_NUMBERS = re.compile(rf"{_NUMBER}(\s*,\s*{_NUMBER})+", re.IGNORECASE)  # without brackets

_SHORT = {
    "numbers": "preprocessing.numbers",
    "contrast": "preprocessing.contrast",
    "whitening": "preprocessing.whitening",
    "epsilon": "preprocessing.epsilon",
    "objective": "plan.0.objective",
    "schedule": "plan.0.schedule",
    "training": "plan.0.training",
    "corruption": "plan.0.objective.corruption",
}
_PATHS = (
    "stack",
    "plan",
    "finetune",
    "preprocessing",
    "precision",
    "validation",
    *_SHORT,
)


class Rows(Protocol):
    """What a choice looks at, such as a Dataset."""

    @property
    def X(self) -> ReadRows: ...
    @property
    def image_shape(self) -> tuple[int, int, int] | None: ...
    @property
    def task(self) -> str | None: ...
    @property
    def text_columns(self) -> tuple[str, ...]: ...


def default_recipes(data: Rows, rows: int, encoder: str | None = None) -> list[Choice]:
    """Return three recipes for the kind of data and the rows to learn from; the first is of the
    kind that ``fit`` takes."""
    return choose_three(**_shape(data) | {"rows": rows}, encoder=encoder)


def encoder_recipe(
    data: Rows, names: Sequence[str] | None, changes: Sequence[str], encoder: str | None
) -> tuple[Recipe, str]:
    """Return the recipe whose encoder makes codes of rows, and who chose it: one that learns
    without labels.

    Raises
    ------
    ParameterError
        When several are named.
    """
    if names is not None and len(names) > 1:
        raise ParameterError(
            f"Strategies choose on the codes of one encoder; {len(names)} recipes were named.",
            "Name one.",
        )
    told = _shape(data)
    name, arguments = names[0] if names else None, None
    if name is None and encoder is None and learns_as_images(told["image"], told["classes"]):
        name, arguments = "simclr", IN_COLOURS if in_colours(told["image"]) else None
    recipe, _ = resolve(data, name, changes, arguments, encoder=encoder)
    return recipe, f"The strategies choose on the codes of {recipe.name}, by linear models of them."


def pixels_for(encoder: str | None) -> dict[str, Any]:
    """Return how large images are read for an encoder from a folder, as an argument of
    ``load_dataset``; nothing without one, or for one that reads texts."""
    side = None if encoder is None else image_side(encoder)
    return {} if side is None else {"side": side}


def _shape(data: Rows) -> dict[str, Any]:
    return {
        "table": not isinstance(data.X, np.ndarray),
        "features": data.X.shape[1],
        "rows": data.X.shape[0],
        "image": data.image_shape,
        "classes": data.task == "classification",
        "text": bool(data.text_columns),
    }


def resolve(
    problem: Rows,
    name: str | None,
    changes: Sequence[str],
    arguments: dict[str, object] | None = None,
    labels: int | None = None,
    rows: int | None = None,
    encoder: str | None = None,
) -> tuple[Recipe, str]:
    """Return the recipe with its changes, and a sentence on who chose it.

    Parameters
    ----------
    name : str, optional
        'auto' and None: chosen by :func:`layerwise.recipes.choice.choose`.
    arguments : dict, optional
        Of the recipe.
    labels, rows : int, optional
        How many rows have a label, and how many there are to learn from; by default all.
    encoder : str, optional
        Folder of an encoder that somebody else has trained.
    changes : sequence of 'path=value'
        A path is an argument of the recipe (``modern``, ``widths``) or a field
        (``objective.corruption.p``, ``stack.0.units``, ``finetune.1.schedule.epochs``). A value is
        JSON, or a word.

    Raises
    ------
    ParameterError
        For an unknown recipe or path; names the closest.
    """
    if name in (None, "auto"):
        shape = _shape(problem) | ({} if rows is None else {"rows": rows})
        choice = choose(**shape, labels=labels, encoder=encoder)
        name, arguments, why = (
            choice.name,
            dict(choice.arguments),
            f"Recipe {choice.name} was chosen: {choice.why}",
        )
    else:
        arguments, why = dict(arguments or {}), f"Recipe {name} was asked for."
        if encoder is not None:
            arguments["encoder"] = encoder
    if name not in RECIPES:
        raise ParameterError(
            f"There is no recipe {name!r}.", did_you_mean(name, ["auto", *RECIPES])
        )
    fields = []
    for change in changes:
        path, value = parse(change)
        if path in arguments_of(name):
            arguments[path] = value
        else:
            fields.append((path, value))
    recipe = make_recipe(name, **arguments)
    for path, value in fields:
        recipe = _changed(recipe, path, value)
    return _for_text(_for_images(recipe, problem.image_shape), problem.text_columns), why


def _for_text(recipe: Recipe, columns: tuple[str, ...]) -> Recipe:
    """Tell a preprocessing which columns hold free text: a draw of a few rows may not show it."""
    if not columns:
        return recipe
    return replace(recipe, preprocessing=replace(recipe.preprocessing, text_columns=columns))


def _for_images(recipe: Recipe, image_shape: tuple[int, int, int] | None) -> Recipe:
    """Tell a stack that takes images their shape, whose rows come
    flattened."""
    if not recipe.stack.takes_images or recipe.stack.in_shape is not None:
        return recipe
    if image_shape is None:
        raise ParameterError(
            f"The recipe {recipe.name!r} needs images; the rows of these data have no height and "
            "width.",
            "Use another recipe, or give --set stack.in_shape=[1,28,28] if a row is a flattened "
            "image.",
        )
    return recipe.replace("stack.in_shape", image_shape)


def parse(change: str) -> tuple[str, Any]:
    """Return path and value of 'path=value'.

    >>> parse("widths=500,250"), parse("widths=[500]")
    (('widths', (500, 250)), ('widths', (500,)))
    >>> parse("objective=Denoising(Masking(0.3))")
    ('objective', Denoising(Masking(0.3)))
    """
    path, equals, text = change.partition("=")
    if not equals or not path.strip():
        raise ParameterError(
            f"--set takes field.path=value. Got {change!r} instead.",
            "For example --set objective.corruption.p=0.3",
        )
    try:
        value = json.loads(f"[{text}]" if _NUMBERS.fullmatch(text.strip()) else text)
    except json.JSONDecodeError:
        value = from_words(text) if "(" in text and ")" in text else text.strip()
    return path.strip(), tuple(value) if isinstance(value, list) else value


def _changed(recipe: Recipe, path: str, value: object) -> Recipe:
    head, _, rest = path.partition(".")
    if head not in _PATHS:
        raise ParameterError(
            f"The recipe {recipe.name!r} has no argument or field {head!r}.",
            did_you_mean(head, [*arguments_of(recipe.name), *_PATHS]),
        )
    full = _SHORT.get(head, head)
    return recipe.replace(f"{full}.{rest}" if rest else full, value)
