"""What labelling leaves behind: the labels as CSV, and every answer beside them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..annotation import Answers
from ..annotation.answers import Label
from ..data.frames import is_missing
from ..data.readers import Dataset, cells_of, load_dataset
from .labels_file import ROW
from .table_out import Columns, write_columns

PRIVATE = 0o600
LABELS, ANSWERS = "labels.csv", "answers.csv"
Say = Callable[[str], None]


def write_labels(
    data: Dataset,
    given: str,
    target: str,
    task: str,
    labels: dict[int, Label],
    answers: Answers,
    out: Path,
    say: Say,
) -> tuple[Path, bool]:
    """Write the labels, and every answer, in the folder of the labels; return the file of labels,
    and whether it is a table whole.

    A table in one file is written whole, with its cells as they were given and its target filled
    in where there is a label, so that ``fit`` takes it as it is. Of other rows the number, the name
    and the label are written: ``fit`` takes the data and the file (``labels_from``). Cells of the
    table and labels stand as they are, also those that a spreadsheet would take for a formula.
    Nobody else can read the files.
    """
    place, frame = out / LABELS, cells_of(given, len(data))
    if frame is None:
        rows = list(labels)
        columns: Columns = {ROW: rows, **_names(data, rows), target: [labels[row] for row in rows]}
    else:
        cells = frame.with_columns(labels_column(target, labels, len(data)))
        columns = {name: cells[name].fill_null("").to_list() for name in cells.columns}
    write_columns(columns, place, raw=True, mode=PRIVATE)
    write_columns(_answers(data, answers), out / ANSWERS, mode=PRIVATE)
    if frame is not None and labels:
        _check_read_back(data, target, task, labels, place, say)
    return place, frame is not None


def labels_column(target: str, labels: dict[int, Label], rows: int) -> Any:
    """Return the labels as a column of text; empty where there is none."""
    import polars as pl

    texts = [str(labels[row]) if row in labels else "" for row in range(rows)]
    return pl.Series(target, texts, dtype=pl.String)


def _names(data: Dataset, rows: list[int]) -> Columns:
    if data.ids is None or data.id_column is None or data.id_column == ROW:
        return {}
    return {data.id_column: [data.ids[row] for row in rows]}


def _check_read_back(
    data: Dataset, target: str, task: str, labels: dict[int, Label], place: Path, say: Say
) -> None:
    """Say where a table is another when it is read again."""
    X: Any = data.X
    named: dict[str, Any] = {"text": data.text_columns, "id_column": data.id_column}
    read = load_dataset(str(place), target=target, task=task, **named)
    again: Any = read.X
    changed = [
        name for name in X.columns if name not in again.columns or not again[name].equals(X[name])
    ]
    if changed:
        say(
            f"{place.name} reads back otherwise than {data.name!r} in {len(changed)} columns, such "
            f"as {changed[0]!r}: CSV knows no types, and takes cells such as 'NA' for missing."
        )
    y = [] if read.y is None else read.y.tolist()
    lost = [row for row, label in labels.items() if is_missing(y[row]) or str(y[row]) != str(label)]
    if lost and task == "classification":
        say(f"{len(lost):,} labels read back otherwise, the first one that of row {lost[0]}.")


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
