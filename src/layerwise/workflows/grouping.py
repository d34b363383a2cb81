"""Rows that belong together: of one person, one patient, one machine."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .._errors import DataError, ParameterError, did_you_mean
from ..data.readers import Dataset
from ..evaluation import Finding, StudyData, check_test

FEWEST = 10  # groups: a study deals them into so many parts

Groups = str | Sequence[object] | np.ndarray


def grouped(data: Dataset, groups: Groups) -> tuple[list[object], list[object]]:
    """Return what each training row, and each row of the test part, belongs to; None where nothing
    says so.

    Parameters
    ----------
    data : Dataset
    groups : str or sequence of n
        A column, or a value for each row.

    Raises
    ------
    ParameterError
        When there is no such column, or not a value for each row.
    DataError
        When there are fewer than ten groups.
    """
    if isinstance(groups, str):
        values, tested = _column(data, groups)
    else:
        values, tested = list(np.asarray(groups, dtype=object)), []
        if len(values) != len(data):
            raise ParameterError(
                f"groups has {len(values):,} values for {len(data):,} rows.",
                "Give one for each row.",
            )
    values, tested = [[_known(v) for v in part] for part in (values, tested)]
    count = len({v for v in values if v is not None}) + sum(v is None for v in values)
    if count < FEWEST:
        raise DataError(
            f"The {len(data):,} rows belong to {count} groups; at least {FEWEST} are needed, for "
            "rows of one group stay on one side of every split.",
            "Name another column, or leave the groups out.",
        )
    return values, tested


def _column(data: Dataset, name: str) -> tuple[list[object], list[object]]:
    if isinstance(data.X, np.ndarray):
        raise ParameterError(
            f"The column {name!r} was named for the groups, and these rows have no named columns.",
            "Give groups= a value for each row.",
        )
    if name not in data.X.columns:
        raise ParameterError(
            f"There is no column {name!r} to group by.", did_you_mean(name, data.X.columns)
        )
    test = None if data.test is None else data.test.X
    if test is None or isinstance(test, np.ndarray) or name not in test.columns:
        return data.X[name].to_list(), []
    return data.X[name].to_list(), test[name].to_list()


def _known(value: object) -> object:
    return None if value is None or value != value or value == "" else value


def numbered(values: Sequence[object], tested: Sequence[object]) -> np.ndarray:
    """Return a number for each row, training rows first: the same for rows of one group, one of its
    own where nothing says what a row belongs to.

    >>> numbered(["a", None, "a"], ["b"]).tolist()
    [0, 1, 0, 2]
    """
    place: dict[object, int] = {}
    keys = [(i,) if v is None else v for i, v in enumerate([*values, *tested])]
    return np.array([place.setdefault(key, len(place)) for key in keys])


def group_notes(groups: Groups, rows: StudyData) -> list[str]:
    """Return what a reader must know of the groups."""
    assert rows.belongs is not None
    sizes = np.bincount(rows.belongs[: len(rows.y)])
    name = f" ({groups})" if isinstance(groups, str) else ""
    return [
        f"The rows belong to {int((sizes > 0).sum()):,} groups{name} of 1 to {sizes.max():,} rows. "
        "Rows of one group stay on one side of every split; a row that says no group is one of its "
        "own."
    ]


def apart(
    values: Sequence[object], tested: Sequence[object], y: np.ndarray
) -> tuple[list[Finding], np.ndarray]:
    """Return which training rows belong to a group of the test part, to be left out, and what is
    said of it."""
    first, second = (
        [repr(v).encode() if v is not None else f"{where} {i}".encode() for i, v in enumerate(part)]
        for where, part in (("row", values), ("tested", tested))
    )
    return check_test(first, y, second, "belong to a group of the test part")
