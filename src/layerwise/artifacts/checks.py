"""What must fit together in a model folder whose keys are right: columns, classes, targets,
tensors."""

from __future__ import annotations

import math
import re

import numpy as np
import torch

from .._errors import ModelError
from .._json import Facts
from .format import WEIGHTS
from .schema import check_keys, refuse

_BACKENDS = ("pandas", "polars", "pyarrow", "modin", "cudf")
_KINDS: dict[str, tuple[type, ...]] = {"U": (str,), "b": (bool,), "i": (int,), "u": (int,)}
_KINDS["f"] = (int, float)
_DTYPE = re.compile("[<>|][biufU][0-9]{1,9}")
_APART = "The files of the folder do not belong together."


def check_model(description: Facts, tensors: dict[str, torch.Tensor]) -> None:
    """Raise unless description and tensors are what ``save`` may write.

    Raises
    ------
    ModelError
        Names the key or the tensor.
    """
    check_keys(description)
    pretrainer, tuned = description["pretrainer"], description.get("finetuned")
    _check_features(pretrainer, "pretrainer")
    check_columns(pretrainer, "pretrainer")
    if tuned is not None:
        _check_features(tuned, "finetuned")
        _check_same(pretrainer, tuned)
        if "classes" in tuned:
            classes_of(tuned["classes"])
        else:
            _check_target(tuned["target"])
    for name, tensor in tensors.items():
        check_tensor(name, tensor)


def classes_of(facts: Facts) -> np.ndarray:
    """Return the classes that a description names.

    Raises
    ------
    ModelError
        When a class is there twice, or is not of the type that is named.
    """
    place, written, values = "finetuned.classes", facts["dtype"], facts["values"]
    if not _DTYPE.fullmatch(written):
        refuse(f"{place}.dtype", written, "the type of words or numbers")
    wrong = [value for value in values if type(value) not in _KINDS[written[1]]]
    if wrong:
        refuse(f"{place}.values", wrong[0], f"a class of the type {written!r}")
    try:
        array = np.array(values, dtype=None if written[1] == "U" else written)
    except (TypeError, ValueError, OverflowError):
        refuse(f"{place}.values", values, f"classes of the type {written!r}")
    if array.dtype.str != written:
        refuse(f"{place}.dtype", written, f"{array.dtype.str!r}, the type of words or numbers")
    if len(set(array.tolist())) != len(values):
        refuse(f"{place}.values", values, "every class once")
    return array


def _check_features(facts: Facts, place: str) -> None:
    names, n = facts["feature_names_in"], facts["n_features_in"]
    if names is not None and len(names) != n:
        refuse(f"{place}.feature_names_in", names, f"{n:,} names, as n_features_in says")
    if facts["mixed"] and names is None:
        refuse(f"{place}.mixed", True, "false for rows without names")


def _check_same(pretrainer: Facts, tuned: Facts) -> None:
    for name in ("n_features_in", "mixed"):
        if tuned[name] != pretrainer[name]:
            refuse(f"finetuned.{name}", tuned[name], f"{pretrainer[name]!r} as in the pretrainer")
    ours, theirs = tuned["feature_names_in"], pretrainer["feature_names_in"]
    if None not in (ours, theirs) and ours != theirs:
        refuse("finetuned.feature_names_in", ours, "the names that the pretrainer has")


def check_columns(facts: Facts, owner: str) -> None:
    """Raise unless the columns of the preprocessing are those of its owner."""
    plain, place = facts["preprocessing"], f"{owner}.preprocessing"
    if "as_is" in plain:
        _check_source(facts, math.prod(plain["shape"]))
        return
    columns, numbers = plain["columns_"], plain["number_columns_"]
    levels, dropped, constants = plain["levels_"], plain["dropped_"], plain["constants_"]
    if facts["mixed"] != (columns is not None):
        refuse(f"{place}.columns_", columns, "columns for a table with words, and null for others")
    if columns is None:
        _check_array(facts, plain, owner)
        return
    if facts["row_shape"] is not None:
        refuse("pretrainer.row_shape", facts["row_shape"], "null for a table")
    if columns != facts["feature_names_in"]:
        refuse(f"{place}.columns_", columns, "the names of feature_names_in")
    texts = plain["text"]["columns"] if "text" in plain else []
    if sorted([*numbers, *levels, *texts, *dropped]) != sorted(columns):
        expected = "each a number, a category, a text or dropped, and that once"
        refuse(f"{place}.columns_", columns, expected)
    if set(constants) != set(dropped):
        refuse(f"{place}.constants_", constants, "a value for each of dropped_")
    if plain["backend_"] not in _BACKENDS:
        refuse(f"{place}.backend_", plain["backend_"], f"one of {', '.join(_BACKENDS)}")
    for name, values in levels.items():
        if len(values) > plain["max_categories"]:
            refuse(f"{place}.levels_.{name}", values, f"at most {plain['max_categories']} levels")


def _check_array(facts: Facts, plain: Facts, owner: str) -> None:
    """Raise unless the preprocessing of an array has numbers alone, as many as the rows."""
    place, numbers = f"{owner}.preprocessing", plain["number_columns_"]
    for name in ("levels_", "dropped_", "constants_", "backend_", "text"):
        if plain.get(name):
            refuse(f"{place}.{name}", plain[name], "nothing, for an array has numbers alone")
    if any(name != f"x{i}" for i, name in enumerate(numbers)):
        refuse(f"{place}.number_columns_", numbers, "x0, x1 and so on, for an array has no names")
    row, n = facts["row_shape"], facts["n_features_in"]
    if len(numbers) != (n if row is None else math.prod(row)) or (row is not None and n != row[0]):
        refuse(f"{owner}.n_features_in", n, "the features of the rows and of the preprocessing")


def _check_source(facts: Facts, size: int) -> None:
    row = facts["row_shape"]
    if facts["n_features_in"] != size or (row is not None and math.prod(row) != size):
        refuse("pretrainer.n_features_in", facts["n_features_in"], f"{size}, as the space has")
    if facts["mixed"]:
        refuse("pretrainer.mixed", True, "false for a Source")


def _check_target(facts: Facts) -> None:
    n, place = len(facts["mean"]), "finetuned.target"
    if len(facts["scale"]) != n or math.prod(facts["outputs"]) != n:
        refuse(
            f"{place}.outputs", facts["outputs"], f"as many as the {n} means, and scales as many"
        )
    if min(facts["scale"]) <= 0:
        refuse(f"{place}.scale", facts["scale"], "numbers above 0")


def check_tensor(name: str, tensor: torch.Tensor) -> None:
    """Raise when a tensor holds what no training leaves."""
    if name.startswith("steps."):  # of a pipeline: looked at where they are put
        return
    if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
        raise ModelError(
            f"The tensor {name} of {WEIGHTS} holds values that are not finite.", _APART
        )
    wrong = False
    if name == "preprocessing.scale_":
        wrong = bool((tensor <= 0).any())
    elif name.endswith("running_var"):
        wrong = bool((tensor < 0).any())
    elif name == "preprocessing.indicators_":
        wrong = bool((tensor.flatten().diff() <= 0).any())
    elif name == "preprocessing.quantiles_" and tensor.dim():
        wrong = len(tensor) < 2 or bool((tensor.diff(dim=0) < 0).any())
    if wrong:
        raise ModelError(
            f"The tensor {name} of {WEIGHTS} holds values that no training leaves: a scale or a "
            "variance below 0, or what is not sorted.",
            _APART,
        )
