"""Labels that stand in a file of their own, beside the rows."""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from .._errors import DataError, FileError
from ..data.readers import Dataset, read_target
from ..labelling import read_annotations

ROW = "row"
MOST_BYTES = 2**30


def with_labels(
    data: Dataset, place: str | Path, target: str | None = None, task: str | None = None
) -> Dataset:
    """Return a data set with the labels of a CSV file in place of its own.

    Parameters
    ----------
    data : Dataset
    place : path
        A CSV file with a column ``row`` (the number of a row, from 0) or one that is called as what
        names the rows (``file`` for a folder of images), and a column of labels, as ``layerwise
        label`` writes it; or Label Studio's export as JSON of tasks that ``layerwise suggest``
        wrote: of a row that people disagree on evenly there is no label. Rows that it does not name
        have none either.
    target : str, optional
        The column of labels; by default the data's own, or 'label'.
    task : {'classification', 'regression'}, optional

    Raises
    ------
    FileError
        When the file cannot be read, or lacks a column.
    DataError
        When it names a row that is not there, or names one twice.
    """
    import polars as pl

    target = target or data.target or "label"
    frame = _read(Path(place), target)
    names = [name for name in (ROW, data.id_column) if name in frame.columns]
    if target not in frame.columns or not names:
        known = " or ".join(repr(one) for one in dict.fromkeys([ROW, data.id_column or ROW]))
        raise FileError(
            f"{str(place)!r} has the columns {frame.columns}; a column {known} and one {target!r} "
            "are needed.",
            "layerwise label writes such a file.",
        )
    rows = _rows(data, frame[names[0]], place)
    values = np.full(len(data), None, dtype=object)
    values[rows] = frame[target].to_list()
    like = data.test if data.test is not None and data.test.y is not None else None
    series = pl.Series(target, values.tolist(), dtype=pl.String)
    y, task, notes = read_target(series, task, like)
    count = sum(value is not None for value in y.tolist())
    told = f"{count:,} rows have a label in {str(place)!r}; those of {data.name!r} are not used."
    return replace(data, y=y, target=target, task=task, notes=(*data.notes, told, *notes))


def _read(place: Path, target: str) -> Any:
    import polars as pl

    if place.suffix.lower() == ".json":  # of several annotators, what most of them say
        found = read_annotations(place)
        most = {row: Counter(chosen).most_common(2) for row, chosen in found.items()}
        sure = {row: two[0][0] for row, two in most.items() if len({n for _, n in two}) == len(two)}
        return pl.DataFrame({ROW: [str(row) for row in sure], target: list(sure.values())})
    try:
        if place.stat().st_size > MOST_BYTES:
            raise FileError(f"{str(place)!r} has more than {MOST_BYTES:,} bytes.")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return pl.read_csv(place, infer_schema=False)
    except OSError as error:
        raise FileError(f"Cannot read {str(place)!r}: {error.strerror or error}.") from error
    except pl.exceptions.PolarsError as error:
        said = str(error).splitlines()[0]
        raise FileError(f"{str(place)!r} is no table of labels: {said}.") from error


def _rows(data: Dataset, column: Any, place: str | Path) -> np.ndarray:
    """Return which row each line names."""
    if column.name == ROW:
        numbers = column.cast(int, strict=False)
        wrong = numbers.is_null() | (numbers < 0) | (numbers >= len(data))
        found = numbers.fill_null(-1).to_numpy()
    else:
        places = {name: i for i, name in enumerate(data.ids or ())}
        found = np.array([places.get(name, -1) for name in column.to_list()], dtype=np.int64)
        wrong = found < 0
    if (bad := np.flatnonzero(np.asarray(wrong))).size:
        raise DataError(
            f"Line {bad[0] + 2} of {str(place)!r} names {column.name} {column[int(bad[0])]!r}, and "
            f"there is none in {data.name!r}.",
            "The labels belong to other rows.",
        )
    if len(np.unique(found)) != len(found):
        first = column.to_list()[int(np.flatnonzero(np.bincount(found)[found] > 1)[0])]
        raise DataError(f"{str(place)!r} names {column.name} {first!r} twice.", "Keep one line.")
    return found
