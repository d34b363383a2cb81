"""Which rows to label next, by a saved model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .._durable import jsonable, write_json
from .._errors import DataError
from ..artifacts import inspect
from ..data.frames import is_missing
from ..data.readers import load_dataset
from ..estimators import PretrainedClassifier, PretrainedRegressor, Pretrainer
from ..labelling import Candidates, Query, strategy_named, tasks
from ..labelling.ensemble import predictions, scaled
from .model_place import model_folder
from .opened import Opened, Say, open_rows, silent
from .table_out import Columns
from .telling import telling

LEAST = 10  # labels below which no linear models disagree


@telling
def suggest(
    model: str,
    data: str,
    *,
    n: int = 20,
    strategy: str = "typical-then-margin",
    target: str | None = None,
    id_column: str | None = None,
    label_studio: str | Path | None = None,
    seed: int = 0,
    device: str = "auto",
    say: Say = silent,
) -> Columns:
    """Return the rows to label next, the most wanted first, as columns: the row and its name, the
    reason, and what the model says of it now.

    Parameters
    ----------
    model : str
        A model folder; an encoder alone suggests by where rows lie.
    data : str
        Rows of which some have no label: an empty cell of the target, an image in ``unlabeled/``.
    n : int, default 20
        Fewer come back where fewer have no label.
    strategy : str, default 'typical-then-margin'
        Its name with dashes: random, typical, coverage, margin, entropy, badge, disagreement,
        typical-then-margin, with-random.
    target : str, optional
        The column of the labels; by default the one the model was fitted on.
    label_studio : path, optional
        Also write the rows of a table there, as tasks that Label Studio imports, with what the
        model says as predictions; ``layerwise.labelling.read_annotations`` reads its export.

    Raises
    ------
    DataError
        When every row has a label, or tasks are asked for of rows that are no table.
    ParameterError
        For an unknown strategy.
    PairingError
        When the strategy needs what the model does not say.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from sklearn.datasets import load_digits
    >>> from layerwise import Pretrainer, Stack, save, suggest
    >>> encoder = Pretrainer(stack=Stack.of_widths([16]), random_state=0)
    >>> folder = Path(tempfile.mkdtemp()) / "encoder"
    >>> _ = save(encoder.fit(load_digits().data), folder)
    >>> np.save(folder.parent / "rows.npy", load_digits().data)
    >>> columns = suggest(str(folder), str(folder.parent / "rows.npy"), n=2)
    >>> list(columns), len(columns["row"])
    (['row', 'reason'], 2)
    """
    chosen = strategy_named(strategy)
    encoder = inspect(model_folder(model, silent))["kind"] == "Pretrainer"
    asked: dict[str, Any] = {"target": None if encoder else target, "id_column": id_column}
    opened = open_rows(model, data, device, say, labels=True, strict=True, **asked)
    known = _labelled(opened, data, target, say)
    if known.all():
        raise DataError(
            f"Every one of the {len(known):,} rows of {data!r} has a label in "
            f"{opened.rows.target!r}: there is none to ask about.",
            "Add rows whose label is empty.",
        )
    pool, says = _candidates(opened, known, seed)
    queries = chosen.choose(pool, n, seed)
    rows = np.array([query.row for query in queries])
    named = {
        name: np.asarray(values, dtype=object)[rows] for name, values in opened.named().items()
    }
    said = {name: values[rows] for name, values in says.items()}
    if label_studio is not None:
        write_json(Path(label_studio), _tasks(opened, queries, said))
    say(
        f"{int(known.sum()):,} of {len(known):,} rows have a label; {len(rows):,} are suggested by "
        f"{chosen!r}."
    )
    return {**named, "reason": [query.reason for query in queries], **said}


def _tasks(
    opened: Opened, queries: Sequence[Query], said: dict[str, np.ndarray]
) -> list[dict[str, Any]]:
    """Return the rows as tasks; the first column of text, if any, is what the choices belong to."""
    X = opened.rows.X
    if isinstance(X, np.ndarray):
        raise DataError(
            f"{opened.rows.name!r} is no table: Label Studio's tasks hold the cells of a row.",
            "Leave --label-studio out.",
        )
    cells = [jsonable(X.row(query.row, named=True)) for query in queries]
    believed = list(zip(said["prediction"], said["p"], strict=True)) if "p" in said else None
    return tasks(queries, cells, believed, next(iter(opened.rows.text_columns), "text"))


def _labelled(opened: Opened, data: str, target: str | None, say: Say) -> np.ndarray:
    """Return which rows have a label, ``(n,)`` of bool. An encoder knows no target: the one that is
    named is read for itself, and it is said where none is."""
    y = opened.rows.y
    if isinstance(opened.fitted, Pretrainer):
        if target is not None:
            y = load_dataset(data, target=target).y
        elif y is None:
            say(
                f"{opened.folder!r} is an encoder without a target: every row counts as one "
                "without a label. Name the column of the labels with --target."
            )
    if y is None:
        return np.zeros(len(opened.rows), dtype=bool)
    known = np.array([not is_missing(value) for value in y.tolist()])
    if len(known) != len(opened.rows):
        raise DataError(
            f"{data!r} has {len(known):,} rows with its target and {len(opened.rows):,} without.",
            "Give the rows and their labels in one file.",
        )
    return known


def _candidates(
    opened: Opened, known: np.ndarray, seed: int
) -> tuple[Candidates, dict[str, np.ndarray]]:
    """Return the rows as a strategy sees them, and what the model says of each."""
    fitted, X = opened.fitted, opened.X
    codes = np.asarray(fitted.encode(X))
    given: dict[str, Any] = {"labelled": np.flatnonzero(known)}
    says: dict[str, np.ndarray] = {}
    if isinstance(fitted, PretrainedClassifier):
        p = fitted.predict_proba(X)
        given |= {"probabilities": p, "classes": fitted.classes_.tolist()}
        says = {"prediction": fitted.classes_[p.argmax(1)], "p": p.max(1)}
    elif isinstance(fitted, PretrainedRegressor):
        says = {"prediction": fitted.predict(X)}
        if known.sum() >= LEAST:
            y = np.asarray(opened.rows.y, dtype=np.float64)
            given["predictions"] = predictions(scaled(codes), y, np.flatnonzero(known), seed)
    return Candidates(codes, **given), says
