"""The target's column: labels with None where there is none, and the task that follows from
them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from ..._errors import DataError
from ..cells import BLANK, Reading, as_numbers, missing_told, without
from ..far import far_cells
from ..marks import DAY, MISSING_IN_NUMBERS
from ..odd import refuse_odd
from ..spelling import spelled_series
from ..task import MOST_CLASSES, odd_minus_one, task_of
from .columns import in_range, plain, unusable
from .dataset import Dataset, NoLabels, listing, object_array

if TYPE_CHECKING:
    import polars as pl

_FREE_TEXT_SHARE, _FREE_TEXT_ROWS = 0.5, 20
# A number in the one way that a machine writes it: what is written otherwise is a name
_WHOLE, _FRACTION = r"^(?:0|-?[1-9]\d{0,17})(?:\.0+)?$", r"^-?(?:0|[1-9]\d*)\.\d*[1-9]$"
LEFT = "taken for rows without a label"


def read_target(
    series: pl.Series,
    task: str | None = None,
    like: Dataset | None = None,
    how: Reading | None = None,
) -> tuple[np.ndarray, str, list[str]]:
    """Return the labels as an object array with None where a row is unlabelled, the task, and
    notes.

    Which task follows is said in ``task.task_of``. A class is a name and keeps its spelling: '001'
    is not '1'; whole numbers in plain spelling are int.

    Parameters
    ----------
    series : polars.Series
    task : {'classification', 'regression'}, optional
        Overrides the rule.
    like : Dataset, optional
        The training set, whose task and kind of labels a test set must have.
    how : Reading, optional
        Of cells that are all text still.
    """
    _refuse_types(series)
    if how is None and str(series.dtype) == "String":
        how = Reading(marks=BLANK)
    text, notes = _named(series, how)
    if text.null_count() == len(text):
        raise NoLabels(
            f"The target {series.name!r} is empty in all {len(series)} rows.",
            "Fill in some labels, or leave the target out.",
        )
    if like is not None:
        labels, task = _like(text, like, how)
        return labels, task, notes
    if task is None:
        task, why = task_of(series.name, _for_the_guess(text, how))
        notes += [why] if why else []
        if task == "classification" and isinstance(_classes(text, how)[_first(text)], str):
            if text.n_unique() > MOST_CLASSES:
                _refuse_odd(text, how)
            _refuse_free_text(text, how)
    if task == "regression":
        labels, more = _numbers(text, how)
        return labels, task, [*notes, *more]
    values, more = _one_spelling(series.name, _classes(text, how))
    return object_array(values), task, [*notes, *more]


def _first(text: pl.Series) -> int:
    return text.is_not_null().arg_max() or 0


def compact(y: np.ndarray, task: str) -> np.ndarray:
    """Return labels without None as an int64 or float64 array where they are numbers.

    >>> compact(object_array([1, 0]), "classification")
    array([1, 0])
    """
    kinds: set[Any] = {type(value) for value in y}
    if kinds == {int}:
        return y.astype(np.int64 if task == "classification" else np.float64)
    return y.astype(np.float64) if kinds == {float} else y


def _named(series: pl.Series, how: Reading | None) -> tuple[pl.Series, list[str]]:
    """Return the target with null where a row has no label, and notes of the marks."""
    import polars as pl

    if series.dtype == pl.Boolean:
        names = ["True" if value else "False" for value in series.fill_null(False)]
        return pl.Series(series.name, names).set(series.is_null(), None), []
    if series.dtype not in (pl.String, pl.Categorical, pl.Enum):
        return plain(series), []
    text = series.cast(pl.String).str.strip_chars()
    text, gone = without(text, BLANK if how is None else how.marks)
    odd = {mark: count for mark, count in gone.items() if mark != "?"}
    if not odd:
        return text, []
    note = missing_told(f"The target {series.name!r}", odd, LEFT)
    return text, [f"{note} If that is a class, rename it."]


def _classes(text: pl.Series, how: Reading | None) -> list[Any]:
    """Return classes as they are spelled; numbers that all are in plain spelling are numbers."""
    import polars as pl

    if text.dtype != pl.String:
        return _whole(text)
    if how is None:
        return text.to_list()
    points = _pointed(text, how)
    whole = points.str.contains(_WHOLE).fill_null(True)
    short = bool((points.str.len_chars() <= 15).fill_null(True).all())
    if whole.all() and (_same(points, ".", False) or short):
        return points.str.replace(r"\.0+$", "").cast(pl.Int64).to_list()
    if short and (whole | points.str.contains(_FRACTION).fill_null(True)).all():
        as_numbers(text, how)  # refuses what may be thousands
        return points.cast(pl.Float64).to_list()
    return text.to_list()


def _same(text: pl.Series, mark: str, found: bool) -> bool:
    return bool((text.str.contains(mark, literal=True) == found).fill_null(True).all())


def _pointed(text: pl.Series, how: Reading) -> pl.Series:
    return text.str.replace(",", ".", literal=True) if how.decimal_comma else text


def _for_the_guess(text: pl.Series, how: Reading | None) -> list[Any]:
    """Return the labels as the numbers that they may be, or as the names that they are."""
    import polars as pl

    values = _classes(text, how)
    if text.dtype != pl.String or how is None or not isinstance(text.drop_nulls()[0], str):
        return values
    if not all(value is None or isinstance(value, str) for value in values):
        return values
    numbers, _ = as_numbers(text, how)
    return values if numbers is None or not _quantities(text, numbers) else numbers.to_list()


def _quantities(text: pl.Series, numbers: pl.Series) -> bool:
    """Whether numbers in uneven spelling (1.50, 2e3) measure something: there are fractions among
    them or many of them, none begins with a needless zero, and none is spelled in two ways."""
    if text.str.contains(r"^[+-]?0\d").any():
        return False
    spelled, distinct = text.drop_nulls().n_unique(), numbers.drop_nulls().n_unique()
    if spelled <= MOST_CLASSES:
        marks = text.count() - numbers.count()
        return spelled <= distinct + (marks > 0) and bool((numbers != numbers.round(0)).any())
    return bool((text.str.len_chars() <= 25).all())


def _whole(series: pl.Series) -> list[Any]:
    """Return numbers as int where all are whole."""
    import polars as pl

    if series.dtype.is_integer():
        values = series.to_list()
        large = any(value is not None and value >= 2**63 for value in values)
        return [None if v is None else str(v) for v in values] if large else values
    in_range(series, Reading().where)
    whole = series.cast(pl.Int64, strict=False)
    same = (whole.cast(series.dtype, strict=False) == series).fill_null(True)
    exact = whole.null_count() == series.null_count() and bool(same.all())
    return (whole if exact else series.cast(pl.Float64)).to_list()


def _numbers(text: pl.Series, how: Reading | None) -> tuple[np.ndarray, list[str]]:
    """Return the targets of a regression, and notes."""
    import polars as pl

    how = how or Reading(marks=BLANK)
    numbers, notes = as_numbers(text, how) if text.dtype == pl.String else (text, [])
    if numbers is None:
        known = text.drop_nulls()
        odd = text.filter(text.cast(pl.Float64, strict=False).is_null() & text.is_not_null())
        cell = odd[0] if len(odd) else known[0]
        message = f"The target {text.name!r} holds texts ({cell!r}); regression needs numbers."
        raise DataError(message, "Name a column of numbers, or ask for classification.")
    in_range(numbers, how.where)
    values = numbers.cast(pl.Float64)
    far = far_cells(values.fill_null(float("nan")).to_numpy())
    if far is not None:
        raise DataError(
            f"The target {text.name!r} holds {values[far]:g} in {how.where(far)}, over a million "
            "spreads from all others.",
            "Mend the cell, or leave it empty if the value is not known.",
        )
    return object_array(values.to_list()), notes


def _refuse_free_text(text: pl.Series, how: Reading | None) -> None:
    import polars as pl

    known = text.drop_nulls()
    different = known.n_unique()
    if text.dtype == pl.String and known.str.contains(DAY).all():
        raise DataError(
            f"The target {text.name!r} holds dates ({known[0]!r}), which cannot be predicted.",
            "Turn it into a number, or name another column.",
        )
    if (
        text.dtype != pl.String
        or len(known) < _FREE_TEXT_ROWS
        or different <= _FREE_TEXT_SHARE * len(known)
    ):
        return
    _refuse_odd(text, how)
    message = (
        f"The target {text.name!r} looks like free text: {different} different values "
        f"in {len(known)} labelled rows."
    )
    raise DataError(
        message,
        "Name a column of classes; if these are classes, ask for the task 'classification'.",
    )


def _refuse_odd(text: pl.Series, how: Reading | None) -> None:
    """Refuse numbers that cannot be read in the words of a column."""
    try:
        refuse_odd(text, (how or Reading()).where)
    except DataError as error:
        message = error.message.replace("Column", "The target", 1)
        raise DataError(message, error.hint) from None


def _one_spelling(name: str, values: list[Any]) -> tuple[list[Any], list[str]]:
    """Return classes with true and false in one spelling, and notes of what may be one class or
    none."""
    counts = Counter(value for value in values if isinstance(value, str))
    minus = odd_minus_one(f"The target {name!r}", values)
    if not counts:
        return values, [minus] if minus else []
    spellings: dict[str, list[str]] = {}
    for value, _ in counts.most_common():
        spellings.setdefault(value.casefold(), []).append(value)
    odd = {name: n for name, n in counts.items() if name.lower() in MISSING_IN_NUMBERS}
    blanks = [
        f"Class {mark!r} of {name!r} ({count:,} rows) may stand for a missing label; leave those "
        "cells empty if it does."
        for mark, count in odd.items()
        if "+" not in counts
    ]
    several = [names for names in spellings.values() if len(names) > 1]
    if not several:
        return values, blanks
    if set(spellings) <= {"true", "false"}:
        usual = _usual(counts)
        said = f"The target {name!r} spells its truth values in several ways "
        said += f"({listing(sorted(counts))}): each is one class."
        return [None if v is None else usual[v.casefold()] for v in values], [said]
    shown = "; ".join(listing(names) for names in several[:3])
    return values, [*blanks, f"Classes of {name!r} differ in capital letters alone: {shown}."]


def _usual(counts: Counter[str]) -> dict[str, str]:
    """Return true and false in the style of the most frequent spelling."""
    style = counts.most_common(1)[0][0]
    change = str.upper if style.isupper() else str.lower if style.islower() else str.capitalize
    return {"true": change("true"), "false": change("false")}


def _like(text: pl.Series, like: Dataset, how: Reading | None) -> tuple[np.ndarray, str]:
    """Return a test target in the kind and the spelling of the training labels."""
    import polars as pl

    known = {value for value in (like.y if like.y is not None else ()) if value is not None}
    task = like.task or "classification"
    if any(isinstance(value, str) for value in known):
        cells: list[Any] = spelled_series(text).to_list()
        usual = {value.casefold(): value for value in known}
        if set(usual) <= {"true", "false"}:
            cells = [None if c is None else usual.get(c.casefold(), c) for c in cells]
        return object_array(cells), task
    numbers = text
    if text.dtype == pl.String:
        found, _ = as_numbers(text, how or Reading(marks=BLANK))
        numbers = _refuse_kind(text) if found is None else found
    if task == "regression":
        return _numbers(numbers, how)[0], task
    return object_array(_whole(numbers)), task


def _refuse_kind(text: pl.Series) -> NoReturn:
    import polars as pl

    odd = text.filter(text.cast(pl.Float64, strict=False).is_null() & text.is_not_null())
    message = (
        f"The target {text.name!r} holds numbers in the training rows, but texts in the test "
        f"({(odd if len(odd) else text.drop_nulls())[0]!r})."
    )
    raise DataError(message, "Write the labels of both in the same way.")


def _refuse_types(series: pl.Series) -> None:
    import polars as pl

    if isinstance(series.dtype, (pl.List, pl.Array)):
        message = (
            f"The target {series.name!r} is of the type {series.dtype}: several labels a "
            "row are not supported."
        )
        raise DataError(message, "Keep one label a row.")
    if series.dtype.is_temporal():
        message = (
            f"The target {series.name!r} holds dates or times ({series.dtype}), which "
            "cannot be predicted."
        )
        raise DataError(message, "Turn it into a number, or name another column.")
    if unusable(series):
        raise DataError(
            f"The target {series.name!r} is of the type {series.dtype}.",
            "It must hold numbers, texts or truth values.",
        )
