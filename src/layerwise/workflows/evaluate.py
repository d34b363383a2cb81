"""What a saved model is worth on labelled rows."""

from __future__ import annotations

import numpy as np

from .._durable import Facts, jsonable
from .._errors import DataError, ParameterError
from ..data.readers import EMBEDDED
from ..evaluation import scores_of_classes, scores_of_numbers
from .opened import Opened, Say, open_rows, silent
from .telling import telling


@telling
def evaluate(
    model: str,
    data: str,
    *,
    target: str | None = None,
    test_part: bool = False,
    device: str = "auto",
    say: Say = silent,
) -> Facts:
    """Score a saved model on labelled rows.

    Parameters
    ----------
    model, data : str
    target : str, optional
        Column of the labels; by default the one that the model was fitted on. Arrays, images and
        embedded sets know their own.
    test_part : bool, default False
        Score the test part that the data hold, not the other rows.

    Returns
    -------
    dict
        What ``layerwise evaluate --json`` prints: ``measures`` with 95 % intervals over rows, and
        for classes their counts and a confusion table.

    Raises
    ------
    DataError
        When the model predicts nothing, or no row has a label.
    """
    asked = target if target is None or data not in EMBEDDED else None
    opened = open_rows(model, data, device, say, labels=True, target=asked, test_part=test_part)
    fitted = opened.predictor()
    if opened.rows.y is None:
        raise _no_labels(opened, data)
    if not test_part and opened.about.get("data") == opened.rows.name:
        say(
            f"The model was fitted on data of this name ({opened.rows.name!r}): rows that it "
            "learned from are scored too high."
        )
    answers = fitted.predict(opened.X)
    probability = fitted.predict_proba(opened.X) if hasattr(fitted, "classes_") else None
    found = _scores(opened, answers, probability)
    if found is None:
        raise DataError(
            f"None of the {len(opened.rows):,} rows of {data!r} has a label in "
            f"{opened.rows.target!r}.",
            "Give labelled rows.",
        )
    about = {
        "model": opened.folder,
        "data": opened.rows.name,
        "target": opened.rows.target,
        "task": "regression" if probability is None else "classification",
        "rows": len(opened.rows),
    }
    return dict(jsonable(about | found))


def score_line(opened: Opened, answers: np.ndarray, probability: np.ndarray | None) -> str | None:
    """Return the score of rows that have labels in a sentence, else None."""
    found = _scores(opened, answers, probability)
    if found is None:
        return None
    name = "accuracy" if probability is not None else "r2"
    measure = found["measures"][name]
    count, rest = found["labelled"], found["unlabelled"]
    where = f"{count:,} row{'s' * (count != 1)} with a label in {opened.rows.target!r}"
    if rest:
        where += f" ({rest:,} ha{'ve' if rest != 1 else 's'} none)"
    unknown = found.get("unknown") or {}
    more = (
        f" {sum(unknown.values()):,} rows are of classes that the model does not know, which count "
        f"as errors: {', '.join(map(repr, list(unknown)[:5]))}."
        if unknown
        else ""
    )
    return f"Score: {measure_words(name, measure)} on {where}.{more}{_learned(opened)}"


def _learned(opened: Opened) -> str:
    """Return a sentence where the rows are of the data that the model was fitted on."""
    if opened.about.get("data") != opened.rows.name:
        return ""
    return " Rows that it learned from are scored too high."


def measure_words(name: str, measure: Facts) -> str:
    """Return a measure with its interval in words.

    >>> measure_words("accuracy", {"value": 0.9, "low": 0.85, "high": 0.94})
    'accuracy 90.0 % (95 % interval 85.0 to 94.0)'
    """
    value, low, high = (measure[part] for part in ("value", "low", "high"))
    label = {"r2": "R²"}.get(name, name.replace("_", " "))
    if name in ("accuracy", "balanced_accuracy"):
        return f"{label} {100 * value:.1f} % (95 % interval {100 * low:.1f} to {100 * high:.1f})"
    if value is None:
        return f"{label} not defined"
    interval = "" if low is None else f" (95 % interval {low:.4g} to {high:.4g})"
    return f"{label} {value:.4g}{interval}"


def _scores(opened: Opened, answers: np.ndarray, probability: np.ndarray | None) -> Facts | None:
    y = opened.rows.y
    if y is None:
        return None
    labels = [None if value is None or value != value else value for value in y.tolist()]
    known = np.array([value is not None for value in labels])
    if not known.any():
        return None
    counts = {"labelled": int(known.sum()), "unlabelled": int((~known).sum())}
    given = [value for value in labels if value is not None]
    if probability is None:
        if answers.ndim != 1 or any(isinstance(value, str) for value in given):
            return None
        return counts | scores_of_numbers(np.array(given, dtype=float), answers[known])
    classes = opened.predictor().classes_.tolist()
    return counts | scores_of_classes(given, classes, probability[known])


def _no_labels(opened: Opened, data: str) -> DataError | ParameterError:
    target = opened.about.get("target")
    if target is None:
        return ParameterError(
            f"The model does not say which column it was fitted on, and {data!r} has no labels of "
            "its own.",
            "Name the column with --target.",
        )
    return DataError(
        f"{data!r} has no labels in {target!r}.",
        "Give rows with that column filled in, or name another with --target.",
    )
