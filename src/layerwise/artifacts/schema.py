"""What a description may hold: every key, its type and its range, as a table."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NoReturn

from .._errors import ModelError, did_you_mean
from .._json import Facts
from .format import DESCRIPTION, FORMAT, FORMAT_VERSION, WEIGHTS

Check = Callable[[Any, str], None]  # of a value at a place; raises ModelError
MOST = 2**40  # of any count
_SEED = 2**32 - 1  # the largest of scikit-learn's


def refuse(place: str, value: object, expected: str) -> NoReturn:
    """Raise what a value at a place is, and what it should be."""
    shown = repr(value)
    shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
    raise ModelError(
        f"{DESCRIPTION}: {place or 'it'} is {shown}; expected {expected}.",
        "It was written by something else, or by another version.",
    )


def whole(low: int = 0, high: int = MOST) -> Check:
    """A whole number; a truth value is none."""

    def check(value: Any, place: str) -> None:
        if type(value) is not int or not low <= value <= high:
            refuse(place, value, f"a whole number from {low} to {high}")

    return check


def number(value: Any, place: str) -> None:
    """A finite number."""
    if type(value) not in (int, float) or not math.isfinite(value):
        refuse(place, value, "a number")


def text(value: Any, place: str) -> None:
    """A string."""
    if not isinstance(value, str):
        refuse(place, value, "a text")


def truth(value: Any, place: str) -> None:
    """True or false."""
    if not isinstance(value, bool):
        refuse(place, value, "true or false")


def anything(value: Any, place: str) -> None:
    """Plain data of any kind."""


def one_of(*values: object) -> Check:
    """One of some values, of the same type."""

    def check(value: Any, place: str) -> None:
        if not any(type(value) is type(one) and value == one for one in values):
            refuse(place, value, " or ".join(map(repr, values)))

    return check


def perhaps(check: Check) -> Check:
    """Null, or what a check asks for."""
    return lambda value, place: None if value is None else check(value, place)


def either(expected: str, *checks: Check) -> Check:
    """What one of some checks asks for."""

    def check(value: Any, place: str) -> None:
        for one in checks:
            try:
                return one(value, place)
            except ModelError:
                continue
        refuse(place, value, expected)

    return check


def many(check: Check, least: int = 0, most: int = MOST) -> Check:
    """A list."""

    def check_all(value: Any, place: str) -> None:
        if not isinstance(value, list) or not least <= len(value) <= most:
            size = (
                f" of {least} to {most}" if most < MOST else f" of at least {least}" * bool(least)
            )
            refuse(place, value, f"a list{size}")
        for i, item in enumerate(value):
            check(item, f"{place}.{i}")

    return check_all


def different(value: Any, place: str) -> None:
    """A list of texts none of which occurs twice."""
    many(text)(value, place)
    if len(set(value)) != len(value):
        twice = next(name for i, name in enumerate(value) if name in value[:i])
        refuse(place, value, f"every name once, and {twice!r} is there twice")


def named(check: Check) -> Check:
    """Values by any names."""

    def check_all(value: Any, place: str) -> None:
        if not isinstance(value, dict):
            refuse(place, value, "values by name")
        for name, item in value.items():
            check(item, f"{place}.{name}")

    return check_all


def keys(needed: dict[str, Check], further: dict[str, Check] | None = None) -> Check:
    """Values by given names, some of which may lack, and no others."""
    known = needed | (further or {})

    def check(value: Any, place: str) -> None:
        if not isinstance(value, dict):
            refuse(place, value, "values by name")
        where = f"{place}." if place else ""
        for name in value:
            if name not in known:
                raise ModelError(
                    f"{DESCRIPTION} has the unknown key {where + name!r}.",
                    did_you_mean(name, known),
                )
        for name in needed:
            if name not in value:
                raise ModelError(
                    f"{DESCRIPTION} lacks the key {where + name!r}.",
                    "It was written by something else, or by another version.",
                )
        for name, item in value.items():
            known[name](item, where + name)

    return check


def spec(value: Any, place: str) -> None:
    """A value of a class by name, as a Spec writes it; its fields are the class's own affair."""
    named(anything)(value, place)
    text(value.get("type"), f"{place}.type")


_SHAPE = many(whole(1), 1, 8)
_STEP = keys(
    {
        "type": one_of("Step"),
        "objective": either("an objective, or a list of them", spec, many(spec, 1)),
        "schedule": spec,
    },
    {"training": anything},
)
_HISTORY = many(
    keys(
        dict.fromkeys(("phase", "epoch"), whole())
        | dict.fromkeys(("first", "last"), whole(-1))
        | {"objective": text},
        dict.fromkeys(("step", "epochs", "batches"), whole())
        | dict.fromkeys(("loss", "begin", "learning_rate", "validation"), perhaps(number)),
    )
)
_FEATURES = {
    "seed": whole(0, _SEED),
    "mixed": truth,
    "history": _HISTORY,
    "plan": many(_STEP, 1),
    "n_features_in": whole(1),
    "feature_names_in": perhaps(different),
}
_BAG = keys({"columns": many(keys({"vocabulary": different, "characters": truth}), 1)})
_TOKENS = keys(
    {"tokenizer": text, "length": whole(2, 2**16)}, {"levels": whole(2), "offset": whole(0, 1)}
)


def _learned_text(value: Any, place: str) -> None:
    (_TOKENS if isinstance(value, dict) and "tokenizer" in value else _BAG)(value, place)


PREPROCESSOR = keys(
    {
        "columns_": perhaps(different),
        "backend_": perhaps(text),
        "number_columns_": different,
        "levels_": named(different),
        "dropped_": different,
        "numbers": text,
        "max_categories": whole(1),
        "kind_": one_of("real", "unit", "bounded"),
        "constants_": named(either("a text, a number or null", perhaps(text), number)),
        "blocks": many(many(either("kind and size", text, whole(1)), 2, 2), 1),
    },
    {
        "contrast": truth,
        "whitening": perhaps(text),
        "epsilon": number,
        "text": keys({"columns": different, "encoding": spec, "learned": _learned_text}),
    },
)
_BLOCK = many(either("kind, size, link and levels", text, whole()), 4, 4)
_AS_IS = keys({"as_is": many(_BLOCK, 1), "shape": _SHAPE})


def _preprocessing(value: Any, place: str) -> None:
    (_AS_IS if isinstance(value, dict) and "as_is" in value else PREPROCESSOR)(value, place)


_TUNED: dict[str, Check] = _FEATURES | {
    "start": one_of("pretrained", "random"),
    "unlabeled": either(
        "null, a text, a number or {'nan': true}",
        perhaps(text),
        truth,
        number,
        keys({"nan": one_of(True)}),
    ),
    "frozen": truth,
    "transfer": many(keys({"layer": text, "start_difference": perhaps(number), "moved": number})),
}
_CLASSES = keys({"dtype": text, "values": many(either("texts or numbers", text, number, truth), 2)})
_TARGET = keys(
    {
        "mean": many(number, 1),
        "scale": many(number, 1),
        "outputs": many(whole(1), 0, 1),
    }
)


def _typed(types: dict[str, Check]) -> Check:
    """Anything by name, but what is used has its type."""

    def check(value: Any, place: str) -> None:
        named(anything)(value, place)
        for name, one in types.items():
            perhaps(one)(value.get(name), f"{place}.{name}")

    return check


_TEST = _typed({"rows": whole(), "pretrained": number, "random_start": number})
_RESULT = _typed({"rows": whole(), "labels": whole(), "metric": text, "test": _TEST})
_FEATURE = keys(
    {"name": text, "type": text, "missing": whole()},
    dict.fromkeys(("low", "high"), perhaps(number)) | {"whole": truth, "missing_share": number},
)
_about = _typed(
    {
        "data": text,
        "image_shape": many(whole(1), 3, 3),
        "left_out": many(text),
        "result": _RESULT,
        "target": text,
        "task": one_of("classification", "regression"),
        "id": text,
        "white": whole(1),
        "features": many(_FEATURE),
    }
)


_COMMON: dict[str, Check] = {
    "format": one_of(FORMAT),
    "format_version": one_of(FORMAT_VERSION),
    "layerwise": text,
    "kind": text,
    "about": _about,
    "pretrainer": keys(
        _FEATURES
        | {
            "stack": spec,
            "shape": _SHAPE,
            "row_shape": perhaps(_SHAPE),
            "preprocessing": _preprocessing,
        },
        {"decodes": truth},
    ),
    "weights": keys({"file": one_of(WEIGHTS), "sha256": text, "bytes": whole()}),
    "digest": text,
}
_WIDTHS = {"head_widths": many(whole(1))}
_KINDS: dict[str, Check] = {
    "Pretrainer": keys(_COMMON),
    "PretrainedClassifier": keys(
        _COMMON | {"finetuned": keys(_TUNED | {"classes": _CLASSES}, _WIDTHS)}
    ),
    "PretrainedRegressor": keys(
        _COMMON | {"finetuned": keys(_TUNED | {"target": _TARGET}, _WIDTHS)}
    ),
}


def check_keys(description: Facts) -> None:
    """Raise unless a description has the keys of its kind, each of its type and range.

    Raises
    ------
    ModelError
        Names the key.
    """
    kind = description.get("kind")
    check = _KINDS.get(kind) if isinstance(kind, str) else None
    if check is None:
        raise ModelError(
            f"The model is of the unknown kind {kind!r}.", f"Known: {', '.join(_KINDS)}."
        )
    check(description, "")
