"""Using a saved model on a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .._errors import DataError, did_you_mean
from ..artifacts import inspect, load
from ..data.readers import Dataset, load_dataset
from ..estimators import Pretrainer

Columns = dict[str, Any]


def predict(model: str, data: str) -> Columns:
    """Return the prediction of each row, with a probability per class, as columns."""
    fitted, rows = _open(model, data)
    if isinstance(fitted, Pretrainer):
        raise DataError(
            f"{model!r} is an encoder; it was fitted without a target and predicts nothing.", "Use embed, reconstruct or score."
        )
    X = _rows_for(fitted, rows)
    columns: Columns = {"row": np.arange(len(rows)), "prediction": fitted.predict(X)}
    if hasattr(fitted, "classes_"):
        probabilities = fitted.predict_proba(X)
        columns |= {f"p_{label}": probabilities[:, i] for i, label in enumerate(fitted.classes_)}
    return columns


def embed(model: str, data: str) -> Columns:
    """Return the code of each row, of the fine-tuned stack where there is one."""
    fitted, rows = _open(model, data)
    codes = fitted.encode(_rows_for(fitted, rows))
    return {"row": np.arange(len(rows))} | {f"code_{i}": codes[:, i] for i in range(codes.shape[1])}


def reconstruct(model: str, data: str) -> Columns:
    """Return each row as the pretrained stack reconstructs it, in the original columns."""
    fitted, rows = _open(model, data)
    pretrainer = fitted if isinstance(fitted, Pretrainer) else fitted.pretrainer_
    back = pretrainer.reconstruct(_rows_for(fitted, rows))
    if hasattr(back, "columns"):
        return {"row": np.arange(len(rows))} | {name: back[name].to_list() for name in back.columns}
    names = getattr(pretrainer, "feature_names_in_", range(back.shape[1]))
    return {"row": np.arange(len(rows))} | {
        f"x_{name}" if isinstance(name, int) else str(name): back[:, i] for i, name in enumerate(names)
    }


def score(model: str, data: str) -> Columns:
    """Return minus the reconstruction error of each row: the lowest are the least normal."""
    fitted, rows = _open(model, data)
    pretrainer = fitted if isinstance(fitted, Pretrainer) else fitted.pretrainer_
    return {"row": np.arange(len(rows)), "score": pretrainer.score_samples(_rows_for(fitted, rows))}


def write_columns(columns: Columns, place: Path | None, *, raw: bool = False) -> str | None:
    """Write columns as CSV to a file, or return the text.

    A text cell that a spreadsheet would take for a formula gets a leading apostrophe, unless ``raw``.
    """
    import csv
    import io

    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([_cell(name, raw) for name in columns])
    for row in zip(*columns.values(), strict=True):
        writer.writerow([_cell(value, raw) for value in row])
    if place is None:
        return buffer.getvalue()
    from .._durable import write_text

    write_text(place, buffer.getvalue())
    return None


def _cell(value: Any, raw: bool) -> Any:
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float):
        return f"{value:.7g}"
    if isinstance(value, str) and not raw and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return value


def _open(model: str, data: str) -> tuple[Any, Dataset]:
    facts = inspect(model)
    rows = load_dataset(data)
    shape = facts["about"].get("image_shape")
    if shape is not None and rows.image_shape is not None and tuple(shape) != tuple(rows.image_shape):
        raise DataError(
            f"The images of {data!r} have the shape {tuple(rows.image_shape)}; the model was fitted on {tuple(shape)}.",
            "Resize the images (channels, rows, columns).",
        )
    return load(model), rows


def _rows_for(fitted: Any, rows: Dataset) -> Any:
    names = getattr(fitted, "feature_names_in_", None)
    if names is None:
        return np.asarray(rows.X)
    if not hasattr(rows.X, "columns"):
        raise DataError(
            f"The model was fitted on a table with the columns {', '.join(map(repr, names[:5]))}, ...; these rows have no names."
        )
    missing = [name for name in names if name not in rows.X.columns]
    if missing:
        raise DataError(
            f"Column {missing[0]!r} is missing; the model was fitted with it.", did_you_mean(missing[0], rows.X.columns)
        )
    return rows.X.select(list(names))
