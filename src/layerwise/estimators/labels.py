"""Which rows have a label."""

from __future__ import annotations

import numbers
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import ArrayLike

from .._errors import DataError, LabelWarning
from ..data.frames import is_missing

MISSING = "missing"
_BLANKS = ("nan", "none", "<na>", "nat", "")
_LARGEST = 3.4028234663852886e38  # of float32
Marker: TypeAlias = "str | float | None"


def as_labels(y: ArrayLike) -> np.ndarray:
    """Return y as an array of one or two dimensions (a series or a list becomes an array)."""
    if nw.dependencies.is_into_series(y):
        y = nw.from_native(y, series_only=True).to_numpy()
    elif nw.dependencies.is_into_dataframe(y):
        y = nw.from_native(y, eager_only=True).to_numpy()
    return np.asarray(y)


def is_unlabelled(y: np.ndarray, marker: Marker) -> np.ndarray:
    """Return which rows of y hold the marker, as a bool array ``(n,)``.

    ``None`` marks nothing; 'missing' marks None, NaN and the empty string; NaN marks NaN. A row of
    several outputs is unlabelled when any of them is.
    """
    if marker is None:
        return np.zeros(len(y), dtype=bool)
    if _is_nan(marker) or (isinstance(marker, str) and marker == MISSING):
        found = (
            np.frompyfunc(is_missing, 1, 1)(y).astype(bool) if y.dtype.kind == "O" else y != y
        )  # NaN alone differs from itself
        if isinstance(marker, str) and y.dtype.kind in "OUS":
            found = found | np.frompyfunc(
                lambda value: isinstance(value, str) and value == "", 1, 1
            )(y).astype(bool)
    else:
        found = y == marker
    found = np.asarray(found, dtype=bool)
    if found.shape != y.shape:
        found = np.zeros(y.shape, dtype=bool)
    return found.any(axis=1) if found.ndim == 2 else found


def check_marker(y: np.ndarray, unlabelled: np.ndarray, marker: Marker) -> None:
    """Refuse a number as the marker of labels that are texts, and warn of a marker that marks no
    row."""
    if marker is None or unlabelled.any() or (isinstance(marker, str) and marker == MISSING):
        return
    texts = y.dtype.kind in "US" or (
        y.dtype.kind == "O" and all(isinstance(value, str) for value in y.ravel())
    )
    if not isinstance(marker, str) and texts and (not _is_nan(marker) or "nan" in y):
        raise DataError(
            f"The labels are texts, such as {str(y.flat[0])!r}, and unlabeled={marker!r} is a "
            "number: it marks no row.",
            f'Write unlabeled="{marker}" if that text stands for no label.',
        )
    if not _is_nan(marker):
        warnings.warn(
            f"unlabeled={marker!r} marks none of the {len(y)} rows: all are taken as labelled. "
            "Leave unlabeled out if that is meant.",
            LabelWarning,
            stacklevel=_to_the_caller(),
        )


@contextmanager
def parts_of_the_rows() -> Iterator[None]:
    """Hear no warning of a marker inside the block: folds of the labelled rows hold none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LabelWarning)
        yield


def warn_of_minus_one(y: np.ndarray) -> None:
    """Warn of classes -1, 0, 1, ...: -1 usually stands for no label there."""
    if y.dtype.kind not in "if" or not len(y):
        return
    values = np.unique(y)
    if (
        len(values) > 2
        and values[0] == -1
        and values[1] >= 0
        and (values == np.round(values)).all()
    ):
        others = ", ".join(f"{value:g}" for value in values[1:4].tolist())
        warnings.warn(
            f"{int((y == -1).sum())} of {len(y)} labels are -1, beside {others}"
            f"{', ...' if len(values) > 4 else ''}; -1 is taken as a class. If it marks rows "
            "without a label, give unlabeled=-1.",
            LabelWarning,
            stacklevel=_to_the_caller(),
        )


def warn_of_blanks(classes: np.ndarray) -> None:
    """Warn of classes that are called as a missing label is printed: numpy makes the text 'nan' of
    NaN beside texts."""
    if classes.dtype.kind not in "US":
        return
    found = [name for name in classes.tolist() if str(name).lower() in _BLANKS]
    if found:
        warnings.warn(
            f"{', '.join(map(repr, found))} is taken as a class. If it stands for no label, give "
            f"unlabeled={found[0]!r}.",
            LabelWarning,
            stacklevel=_to_the_caller(),
        )


def warn_of_far(value: float) -> None:
    """Warn of a target a million spreads from all others, which decides mean and scale alone."""
    warnings.warn(
        f"y holds {value:g}, over a million spreads from all other targets: it decides their scale "
        "alone. Leave that row out, or mark it as unlabelled, if it is a slip.",
        LabelWarning,
        stacklevel=_to_the_caller(),
    )


def refuse_words(y: np.ndarray) -> None:
    """Refuse targets that are no numbers, or too large for one.

    Raises
    ------
    DataError
    """
    for row, value in enumerate(y.ravel().tolist() if y.dtype.kind in "OUSMm" else ()):
        try:
            float(value)
        except (TypeError, ValueError):
            raise DataError(
                f"y holds {value!r} in row {row}; a regression needs numbers.",
                "Use PretrainedClassifier for classes.",
            ) from None
    if y.dtype.kind == "f" and y.size and np.isfinite(y).all() and np.abs(y).max() > _LARGEST:
        raise DataError(
            f"y holds {y.flat[np.abs(y).argmax()]:g}; targets must stay within ±3.4e38.",
            "Give them in another unit.",
        )


def refuse_dates(y: np.ndarray) -> None:
    """Refuse labels that are days or times, which are no classes.

    Raises
    ------
    DataError
    """
    first = y.flat[0] if y.dtype.kind == "O" and y.size else None
    if y.dtype.kind in "Mm" or hasattr(first, "isoformat"):
        raise DataError(
            f"y holds dates or times ({y.flat[0]}), which are no classes.",
            "Turn them into numbers for a regression, or into words.",
        )


def _to_the_caller() -> int:
    """Return the stack level of the first frame outside the estimators, for a warning."""
    frame, level = sys._getframe(1), 1
    here = __name__.rpartition(".")[0]
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(here):
        frame, level = frame.f_back, level + 1
    return level


def check_labelled(labelled: np.ndarray, marker: Marker) -> None:
    """Raise unless some row has a label."""
    if not labelled.any():
        raise DataError(
            f"None of the {len(labelled)} rows has a label (every y is the marker {marker!r}).",
            "Label some rows, or use Pretrainer, which needs none; in cross-validation give "
            f"cv=LabeledSplit(5, unlabeled={marker!r}).",
        )


def comparable(y: np.ndarray) -> np.ndarray:
    """Return labels as an array of words or numbers, which can be sorted."""
    if y.dtype.kind != "O":
        return y
    kinds = {type(value) for value in y.tolist()}
    if kinds <= {str} or kinds <= {int, float, bool}:
        return np.array(y.tolist())
    raise DataError(
        f"The labels mix {', '.join(sorted(kind.__name__ for kind in kinds))}; expected classes of "
        "one kind.",
        "Turn them all into words or all into numbers.",
    )


def refuse_markers(y: np.ndarray, marker: Marker) -> None:
    """Raise when rows that are to be scored have no label."""
    count = int(is_unlabelled(y, marker).sum())
    if count:
        raise DataError(
            f"{count} of the {len(y)} rows to score have no label (y is {marker!r}).",
            f"In cross-validation give cv=LabeledSplit(5, unlabeled={marker!r}); elsewhere score "
            "labelled rows only.",
        )


def _is_nan(value: Marker) -> bool:
    return (
        isinstance(value, numbers.Real)
        and not isinstance(value, numbers.Integral)
        and value != value
    )
