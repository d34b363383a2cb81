"""A target that was not named: an encoder would learn the labels as a feature."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace

import numpy as np

from .._errors import ParameterError
from ..data.readers import Dataset, ReadRows

_NAMES = {
    *("target", "targets", "label", "labels", "class", "classes", "klass", "y"),
    *("outcome", "outcomes", "response", "species", "truth", "diagnosis", "survived", "churn"),
}
_ENDINGS = ("_target", "_label", "_labels", "_class", "_outcome")
_FEW_VALUES, _ROWS_PER_VALUE, _FEWEST_ROWS = 20, 5, 20
_MOSTLY = 0.5


def check_no_target(data: Dataset, call: str) -> None:
    """Raise when a column of a table looks like a target that was forgotten.

    Parameters
    ----------
    data : Dataset
        Read without a target.
    call : str
        How the command begins, for the hint.

    Raises
    ------
    ParameterError
        Names the column, why, and both ways on.
    """
    found = forgotten_target(data.X)
    if data.y is not None or found is None:
        return
    name, why = found
    raise ParameterError(
        f"No target was named, and the column {name!r} of {data.name!r} {why}.",
        f"If it is the target: {call} --target {shlex.quote(name)}. To learn an encoder from all "
        f"columns, without labels: {call} --no-target.",
    )


def forgotten_target(X: ReadRows) -> tuple[str, str] | None:
    """Return a column that looks like a target, and why, or None.

    A column that is called like one; else the last one, where it has few different values or is
    mostly empty.
    """
    if isinstance(X, np.ndarray):
        return None
    for name in X.columns:
        plain = re.sub(r"[\s.-]+", "_", name.strip().lower())
        if plain in _NAMES or plain.endswith(_ENDINGS):
            return name, "is called like one"
    last = X[X.columns[-1]]
    known = last.drop_nulls()
    if len(X) < _FEWEST_ROWS or len(X.columns) < 2:
        return None
    if 0 < len(known) < _MOSTLY * len(last):
        return last.name, f"looks like one: it is the last, and empty in {last.null_count():,} rows"
    values = known.n_unique()
    whole = not known.dtype.is_float() or bool((known == known.round(0)).all())
    if whole and 2 <= values <= min(_FEW_VALUES, len(known) // _ROWS_PER_VALUE):
        return last.name, f"looks like one: it is the last, and has {values} different values"
    return None


def without_labels(data: Dataset) -> Dataset:
    """Return a set without its own labels."""
    test = data.test and replace(data.test, y=None, target=None, task=None)
    return replace(data, y=None, target=None, task=None, test=test)
