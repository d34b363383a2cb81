"""What labelling leaves behind: the labels as CSV, and every answer beside them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..annotation import Answers
from ..annotation.answers import Label
from ..data.readers import Dataset, load_dataset
from .labels_file import ROW
from .table_out import Columns, write_columns

LABELS, ANSWERS = "labels.csv", "answers.csv"
Say = Callable[[str], None]


def write_labels(
    data: Dataset,
    target: str,
    task: str,
    labels: dict[int, Label],
    answers: Answers,
    out: Path,
    say: Say,
) -> Path:
    """Write the labels, and every answer, in the folder of the labels; return the file of labels.

    A table is written whole, with its target filled in where there is a label, so that ``fit``
    takes it as it is. Of other rows the number, the name and the label are written: ``fit`` takes
    the data and the file (``labels_from``). Cells stand as they are, also those that a spreadsheet
    would take for a formula.
    """
    place = out / LABELS
    if isinstance(data.X, np.ndarray):
        rows = list(labels)
        columns: Columns = {ROW: rows, **_names(data, rows), target: [labels[row] for row in rows]}
        write_columns(columns, place, raw=True)
    else:
        _write_table(data, target, task, labels, place, say)
    write_columns(_answers(data, answers), out / ANSWERS, raw=True)
    return place


def _names(data: Dataset, rows: list[int]) -> Columns:
    if data.ids is None or data.id_column is None or data.id_column == ROW:
        return {}
    return {data.id_column: [data.ids[row] for row in rows]}


def _write_table(
    data: Dataset, target: str, task: str, labels: dict[int, Label], place: Path, say: Say
) -> None:
    X: Any = data.X
    given = [labels.get(row) for row in range(len(data))]
    columns: Columns = _names(data, list(range(len(data))))
    columns |= {name: X[name].to_list() for name in X.columns} | {target: given}
    cells: Columns = {name: [_cell(value) for value in values] for name, values in columns.items()}
    write_columns(cells, place, raw=True)
    if not labels:
        return
    own = data.id_column if _names(data, [0]) else None
    again: Any = load_dataset(
        str(place), target=target, task=task, text=data.text_columns, id_column=own
    ).X
    changed = [
        name for name in X.columns if name not in again.columns or not again[name].equals(X[name])
    ]
    if changed:
        say(
            f"{place.name} reads back otherwise than {data.name!r} in {len(changed)} columns, such "
            f"as {changed[0]!r}: CSV knows no types, and takes cells such as 'NA' for missing."
        )


def _cell(value: object) -> object:
    return "" if value is None else value


def _answers(data: Dataset, answers: Answers) -> Columns:
    """Return who said what of which row, as it stands now."""
    found = [
        (row, who, "" if label is None else label, answers.of(row, who))
        for row in answers.rows()
        for who, label in answers.said(row).items()
    ]
    rows = [row for row, *_ in found]
    notes = ["; ".join(note["text"] for note in answers.notes.get(row, ())) for row in rows]
    return {
        ROW: rows,
        **_names(data, rows),
        "who": [who for _, who, *_ in found],
        "answer": [label for *_, label, _ in found],
        "share": [one.share if one else "" for *_, one in found],
        "note": notes,
    }
