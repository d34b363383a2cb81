"""From a data set to the rows of a study: what would make it say too much is found, named and left
out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .._errors import DataError, ParameterError, did_you_mean
from .._indexing import rows_of
from ..data.readers import Dataset, ReadRows, check_dropped, declared, left_out_note
from ..evaluation import (
    Finding,
    StudyData,
    check_classes,
    check_columns,
    check_groups,
    check_order,
    check_rows,
    check_test,
    check_together,
    near_keys,
    row_keys,
)
from .grouping import Groups, apart, group_notes, grouped, numbered

FEWEST_TESTED = 2
LEFT_OUT = ("leak", "identifier", "constant")


@dataclass(frozen=True, eq=False)
class Guarded:
    """A data set that was looked at.

    Parameters
    ----------
    data : Dataset
        Without the columns that were left out.
    findings : list of Finding
    left_out : tuple of str
        Columns.
    rows : StudyData, optional
        With class numbers for labels; None where there is no target.
    values : tuple
        The classes as the data spell them, by number.
    """

    data: Dataset
    findings: list[Finding]
    left_out: tuple[str, ...] = ()
    rows: StudyData | None = None
    values: tuple[object, ...] = ()

    @property
    def study(self) -> StudyData:
        """The rows of a study.

        Raises
        ------
        DataError
            When there is no target.
        """
        if self.rows is None:
            raise DataError(
                f"{self.data.name!r} has no target, so there is nothing to compare.",
                "Name the target column with --target.",
            )
        return self.rows


def guarded(
    data: Dataset,
    keep: Sequence[str] = (),
    drop: Sequence[str] = (),
    *,
    draws: bool = True,
    groups: Groups | None = None,
) -> Guarded:
    """Look at a data set before anything is learned from it.

    A column that gives the target away, an identifier and a constant column are left out; training
    rows that equal a row of the test part are left out; all of it is named.

    Parameters
    ----------
    keep : sequence of str
        Columns to keep whatever is found about them.
    drop : sequence of str
        Columns to leave out; those of a table are gone since it was read.
    draws : bool, default True
        Whether labels will be drawn many times: then classes with too few labelled rows lose their
        labels, and constant columns are left out for all arms. For one model the preprocessing
        drops constants itself, and gives them back in reconstructions.

    groups : str or sequence, optional
        What rows belong together: a column, which is not learned from, or a value for each row.
        Such rows stay on one side of every split.

    Raises
    ------
    ParameterError
        When there is no column to keep, or to group by, of that name.
    DataError
        When a test part has no labels, nothing is left, or there are fewer than two classes.
    """
    data = _dropped(data, drop)
    _check_kept(data, keep)
    belongs = None if groups is None else grouped(data, groups)
    if isinstance(groups, str):
        data, drop = _without_columns(data, [groups]), (*drop, groups)
    if data.y is None or data.task is None:
        found = _kept(_check_columns(data, np.full(len(data), -1), 2), keep, draws)
        left_out = _to_leave(found, keep)
        return Guarded(_without_columns(data, left_out), found, (*drop, *left_out))
    values, y, test_y = _targets(data)
    found = []
    if data.task == "classification":
        rare, without = check_classes(y, [str(v) for v in values]) if draws else ([], [])
        # classes of the test part alone stay: their rows count as errors
        without = [i for i in without if (y == i).any()]
        found += [finding for finding in rare if finding.value]
        values, y, test_y = _without_classes(values, y, test_y, data.name, without, draws)
    columns = _kept(_check_columns(data, y, len(values)), keep, draws)
    persons = [] if groups is not None else _persons(data, y, len(values))
    left_out = _to_leave(columns, keep)
    data = _without_columns(data, left_out)
    columns += persons + _suspicions(data, y, len(values), bool(persons) or groups is not None)
    X, y, test_X, test_y, keys, equal, numbers = _parts(data, y, test_y, bool(values), belongs)
    names = tuple(str(value) for value in values)
    tested = None if test_X is None else declared(test_X, data.text_columns)
    study = StudyData(
        data.name, declared(X, data.text_columns), y, names, tested, test_y, keys, numbers
    )
    if groups is not None:
        data = replace(data, notes=(*data.notes, *group_notes(groups, study)))
    rows = check_rows(study.groups, y, np.isin(np.arange(len(y)), study.labelled))
    out = (*drop, *left_out)
    return Guarded(data, [*found, *columns, *equal, *rows], out, study, values)


def without_columns(X: ReadRows, names: Sequence[str]) -> ReadRows:
    """Return rows without the columns that a model does not know."""
    columns = _names(X)
    left = [name for name in columns if name not in names]
    return X if len(left) == len(columns) else _taken(X, columns, left)


def _dropped(data: Dataset, drop: Sequence[str]) -> Dataset:
    """Return an array without some of its columns."""
    if not drop or not isinstance(data.X, np.ndarray):
        return data
    if data.image_shape is not None:
        raise ParameterError(
            f"{data.name!r} holds images, which have no columns to leave out.",
            "Leave --drop out.",
        )
    data = _without_columns(data, check_dropped(drop, _names(data.X)))
    return replace(data, notes=(*data.notes, *left_out_note(drop)))


def _check_kept(data: Dataset, keep: Sequence[str]) -> None:
    columns = _names(data.X)
    for name in keep:
        if name not in columns:
            raise ParameterError(
                f"There is no column {name!r} to keep.", did_you_mean(name, columns)
            )


def _kept(found: list[Finding], keep: Sequence[str], constants: bool) -> list[Finding]:
    """Return the findings; of columns that were asked for they say that they were kept."""
    return [
        replace(f, text=f.text.replace("it is left out", "it was kept as asked"))
        if f.name in keep
        else f
        for f in found
        if constants or f.kind != "constant"
    ]


def _to_leave(found: list[Finding], keep: Sequence[str]) -> tuple[str, ...]:
    named = [(f.kind, f.name) for f in found if f.name is not None]
    return tuple(name for kind, name in named if kind in LEFT_OUT and name not in keep)


def _parts(
    data: Dataset,
    y: np.ndarray,
    test_y: np.ndarray | None,
    classes: bool,
    belongs: tuple[list[object], list[object]] | None,
) -> tuple[
    ReadRows,
    np.ndarray,
    ReadRows | None,
    np.ndarray | None,
    tuple[bytes, ...],
    list[Finding],
    np.ndarray | None,
]:
    """Return training and test rows with their keys and groups: of the test part the labelled rows,
    of the training part those that equal none of them and belong to none of their groups."""
    keys = row_keys(data.X)
    if data.test is None or test_y is None:
        keys, near = _near(data, None, keys)
        return data.X, y, None, None, keys, near, belongs and numbered(belongs[0], [])
    known = np.flatnonzero(test_y >= 0 if classes else ~np.isnan(test_y))
    if len(known) < FEWEST_TESTED:
        raise DataError(
            f"{len(known)} rows of the test part have a label of a class that takes part; at "
            f"least {FEWEST_TESTED} are needed.",
            "Give a --test part with more labels, or leave it out: rows are held out then.",
        )
    test_X, test_y = rows_of(data.test.X, known), test_y[known]
    tested = row_keys(test_X)
    found, out = check_test(keys, y, tested)
    both, near = _near(data, test_X, keys + tested)
    keys, tested = both[: len(keys)], both[len(keys) :]
    more, close = check_test(
        [b"" if gone else key for key, gone in zip(keys, out, strict=True)],
        np.where(out, -1, y) if classes else y,
        tested,
        "nearly equal a row of the test part",
    )
    found, out = [*found, *near, *more], out | close
    if belongs is not None:
        values, others = belongs
        others = [others[i] for i in known] if others else [None] * len(known)
        more, together = apart(values, others, np.where(out, -1, y) if classes else y)
        found, out = [*found, *more], out | together
    stay = np.flatnonzero(~out)
    own = tuple(keys[i] for i in stay)
    numbers = belongs and numbered([values[i] for i in stay], others)
    return rows_of(data.X, stay), y[stay], test_X, test_y, own + tested, found, numbers


def _near(
    data: Dataset, test_X: ReadRows | None, keys: tuple[bytes, ...]
) -> tuple[tuple[bytes, ...], list[Finding]]:
    """Return the keys with those of nearly equal rows made one; pictures are left as they are."""
    if data.image_shape is not None:
        return keys, []
    columns = _columns(data.X)
    if test_X is not None:
        tested = _columns(test_X)
        columns = {name: np.concatenate([columns[name], tested[name]]) for name in columns}
    return near_keys(columns, keys)


def _targets(data: Dataset) -> tuple[tuple[object, ...], np.ndarray, np.ndarray | None]:
    """Return the classes, and targets as indices or numbers, of the training and the test part."""
    assert data.y is not None
    test = None if data.test is None else data.test.y
    if data.test is not None and test is None:
        raise DataError(
            "The test part has no labels.", "Give a --test file whose target is filled in."
        )
    parts = [np.asarray(part, dtype=object) for part in (data.y, test) if part is not None]
    if data.task == "regression":
        numbers = [
            np.array([np.nan if value is None else float(value) for value in part])
            for part in parts
        ]
        return (), numbers[0], numbers[1] if test is not None else None
    known = {
        value for part in parts for value in part.tolist() if value is not None and value == value
    }
    values = sorted(known, key=lambda value: (str(type(value)), value))
    index = {value: i for i, value in enumerate(values)}
    codes = [
        np.array([index.get(value, -1) for value in part.tolist()], dtype=np.int64)
        for part in parts
    ]
    return tuple(values), codes[0], codes[1] if test is not None else None


def _without_classes(
    values: tuple[object, ...],
    y: np.ndarray,
    test_y: np.ndarray | None,
    name: str,
    without: list[int],
    draws: bool,
) -> tuple[tuple[object, ...], np.ndarray, np.ndarray | None]:
    """Take away the labels of some classes: their rows stay as rows without labels, and are not
    tested on."""
    left = [i for i in range(len(values)) if i not in without]
    taught = sum(bool((y == i).any()) for i in left)
    if taught < 2 and draws:
        raise DataError(
            f"{taught} class{'es' * (taught != 1)} of {name!r} with at least 10 labelled "
            "rows; a study needs two.",
            "Label more rows.",
        )
    place = np.full(len(values) + 1, -1)  # the last is for -1
    place[left] = np.arange(len(left))
    return tuple(values[i] for i in left), place[y], None if test_y is None else place[test_y]


def _check_columns(data: Dataset, y: np.ndarray, classes: int) -> list[Finding]:
    if data.image_shape is None:
        return check_columns(_cells(data), y, classes)
    found = check_columns(_columns(data.X), y, classes, numeric_only=True)
    still = [finding for finding in found if finding.kind == "constant"]
    kept = [
        replace(
            f,
            kind="pixel",
            text=f.text.replace("it is left out", "it is kept: a picture without it is none"),
        )
        for f in found
        if f.kind == "leak"
    ]
    if still:
        text = (
            f"{len(still):,} of {data.X.shape[1]:,} pixels have the same value in every row; "
            "they are kept."
        )
        kept.append(Finding("constant", None, text, float(len(still))))
    return kept


def _persons(data: Dataset, y: np.ndarray, classes: int) -> list[Finding]:
    """Return columns that look as if they said which rows belong together, whatever else is found
    about them."""
    return [] if data.image_shape is not None else check_groups(_cells(data), y, classes)


def _suspicions(data: Dataset, y: np.ndarray, classes: int, has_groups: bool) -> list[Finding]:
    """Return what is told and left as it is: several columns that tell the target together, a
    target that drifts (but where rows belong together, which drifts by itself)."""
    if data.image_shape is not None:
        return check_order({}, y, classes)
    columns = _cells(data)
    together = check_together(columns, y, classes)
    return together if has_groups else [*together, *check_order(columns, y, classes)]


def _cells(data: Dataset) -> Mapping[str, np.ndarray]:
    """Return the columns that can be looked at by value: no two texts are the same."""
    return _Columns(data.X, data.text_columns)


def _columns(X: ReadRows) -> Mapping[str, np.ndarray]:
    """Return columns by name: numbers with NaN, or objects with None, where a cell is missing."""
    return _Columns(X)


class _Columns(Mapping[str, np.ndarray]):
    """Columns by name, each made when it is looked at: a table is not held twice."""

    def __init__(self, X: ReadRows, without: Sequence[str] = ()) -> None:
        self.X = X
        self.names = {name: i for i, name in enumerate(_names(X)) if name not in without}

    def __getitem__(self, name: str) -> np.ndarray:
        if isinstance(self.X, np.ndarray):
            return self.X[:, self.names[name]]
        column = self.X[name]
        if column.dtype.is_numeric():
            return np.asarray(column.to_numpy(), dtype=float)
        return np.array(column.to_list(), dtype=object)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


def _names(X: ReadRows) -> list[str]:
    return [f"x{i}" for i in range(X.shape[1])] if isinstance(X, np.ndarray) else list(X.columns)


def _without_columns(data: Dataset, names: Sequence[str]) -> Dataset:
    if not names:
        return data
    if set(names) == set(_names(data.X)):
        raise DataError(
            f"No column of {data.name!r} is left to learn from: {', '.join(map(str, names))}.",
            "Look at the data.",
        )
    test = data.test and replace(data.test, X=without_columns(data.test.X, names))
    return replace(data, X=without_columns(data.X, names), test=test)


def _taken(X: ReadRows, columns: list[str], left: list[str]) -> ReadRows:
    return (
        X[:, [columns.index(name) for name in left]]
        if isinstance(X, np.ndarray)
        else X.select(left)
    )
