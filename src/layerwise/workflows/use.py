"""Using a saved model on a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from .._errors import DataError
from ..artifacts import inspect, load
from ..data.readers import Dataset, ReadRows, load_dataset
from ..estimators import Model, Pretrainer
from ..training import device_of
from .guarded import without_columns
from .table_out import Columns, write_columns

Say = Callable[[str], None]

__all__ = ["Columns", "embed", "predict", "reconstruct", "score", "write_columns"]


def silent(note: str) -> None:
    """Say nothing."""


def predict(model: str, data: str, *, device: str = "auto", say: Say = silent) -> Columns:
    """Return the prediction of each row, with a probability per class, as columns."""
    fitted, rows = _open(model, data, device, say)
    if isinstance(fitted, Pretrainer):
        raise DataError(
            f"{model!r} is an encoder; it was fitted without a target and predicts nothing.",
            "Use embed, reconstruct or score.",
        )
    X = _rows_for(fitted, rows)
    columns: Columns = {"row": np.arange(len(rows)), "prediction": fitted.predict(X)}
    if hasattr(fitted, "classes_"):
        probabilities = fitted.predict_proba(X)
        columns |= {f"p_{label}": probabilities[:, i] for i, label in enumerate(fitted.classes_)}
    return columns


def embed(model: str, data: str, *, device: str = "auto", say: Say = silent) -> Columns:
    """Return the code of each row, of the fine-tuned stack where there is one."""
    fitted, rows = _open(model, data, device, say)
    codes = fitted.encode(_rows_for(fitted, rows))
    columns: Columns = {"row": np.arange(len(rows))}
    return columns | {f"code_{i}": codes[:, i] for i in range(codes.shape[1])}


def reconstruct(model: str, data: str, *, device: str = "auto", say: Say = silent) -> Columns:
    """Return each row as the pretrained stack reconstructs it, in the original columns."""
    fitted, rows = _open(model, data, device, say)
    pretrainer = _pretrainer(fitted)
    _check_decoder(pretrainer, model)
    back = pretrainer.reconstruct(_rows_for(fitted, rows))
    if hasattr(back, "columns"):
        columns = {name: back[name].to_list() for name in back.columns}
    else:
        names = getattr(pretrainer, "feature_names_in_", _numbered(back.shape[1], _left_out(model)))
        columns = {str(name): back[:, i] for i, name in enumerate(names)}
    return {"row": np.arange(len(rows))} | {
        f"{name}_" if name == "row" else name: values for name, values in columns.items()
    }


def _numbered(width: int, left_out: Sequence[str]) -> list[str]:
    """Return names of columns that have none, by their places in the data."""
    numbers = [i for i in range(width + len(left_out)) if f"x{i}" not in left_out]
    return [f"x_{i}" for i in numbers[:width]]


def score(model: str, data: str, *, device: str = "auto", say: Say = silent) -> Columns:
    """Return minus the reconstruction error of each row: the lowest are the least normal."""
    fitted, rows = _open(model, data, device, say)
    pretrainer = _pretrainer(fitted)
    _check_decoder(pretrainer, model)
    return {"row": np.arange(len(rows)), "score": pretrainer.score_samples(_rows_for(fitted, rows))}


def _check_decoder(pretrainer: Pretrainer, model: str) -> None:
    reason = pretrainer.why_no_decoder()
    if reason is not None:
        raise DataError(f"{model!r} cannot reconstruct or score rows. {reason}", "Use embed.")


def _open(model: str, data: str, device: str, say: Say) -> tuple[Model, Dataset]:
    facts = inspect(model)
    fitted = load(model)
    device_of(device)
    fitted.set_params(device=device)
    _pretrainer(fitted).set_params(device=device)
    rows = load_dataset(data, like=_columns_of(fitted, model))
    for note in rows.notes:
        say(note)
    if rows.test is not None:
        say(
            f"The {len(rows.test):,} test rows of {data!r} are not used; give their own file or "
            "folder for them."
        )
    shape = facts["about"].get("image_shape")
    if (
        shape is not None
        and rows.image_shape is not None
        and tuple(shape) != tuple(rows.image_shape)
    ):
        raise DataError(
            f"The images of {data!r} have the shape {tuple(rows.image_shape)}; the model was "
            f"fitted on {tuple(shape)}.",
            "Resize the images (channels, rows, columns).",
        )
    left_out = _left_out(model)
    if isinstance(rows.X, np.ndarray) and rows.X.shape[1] == fitted.n_features_in_ + len(left_out):
        rows = replace(rows, X=without_columns(rows.X, left_out))
    return fitted, rows


def _left_out(model: str) -> list[str]:
    """Return the columns of the data that the model was not given."""
    return list(inspect(model)["about"].get("left_out") or [])


def _pretrainer(fitted: Model) -> Pretrainer:
    return fitted if isinstance(fitted, Pretrainer) else fitted._fitted_pretrainer()


def _columns_of(fitted: Model, model: str) -> Dataset | None:
    """Return one made-up row with the columns and types that the model was fitted on, or None for
    arrays."""
    import polars as pl

    names = getattr(fitted, "feature_names_in_", None)
    if names is None:
        return None
    preprocessing = _pretrainer(fitted).preprocessing_
    constants = getattr(preprocessing, "constants_", {})
    texts = {
        *preprocessing.levels_,
        *(name for name, value in constants.items() if isinstance(value, str)),
    }
    row = pl.DataFrame({name: ["x"] if name in texts else [0.0] for name in names})
    return Dataset(model, row, None, None, None, None)


def _rows_for(fitted: Model, rows: Dataset) -> ReadRows:
    if hasattr(rows.X, "columns") and not hasattr(fitted, "feature_names_in_"):
        raise DataError(
            "The model was fitted on rows without names; these rows are a table.",
            "Give an array of the same features.",
        )
    return rows.X if hasattr(rows.X, "columns") else np.asarray(rows.X)
