"""Using a saved model on a file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .._errors import DataError
from ..estimators import Pretrainer
from .evaluate import score_line
from .opened import Opened, Say, open_rows, pretrainer_of, silent
from .table_out import Columns, write_columns
from .telling import telling

__all__ = ["Columns", "embed", "predict", "reconstruct", "score", "write_columns"]


@telling
def predict(
    model: str,
    data: str,
    *,
    id_column: str | None = None,
    device: str = "auto",
    say: Say = silent,
) -> Columns:
    """Return the prediction of each row, with a probability per class, as columns; where rows have
    labels, ``say`` the score."""
    opened = open_rows(model, data, device, say, labels=True, id_column=id_column)
    fitted = opened.predictor()
    X = opened.X
    columns: Columns = opened.named() | {"prediction": fitted.predict(X)}
    probabilities = None
    if hasattr(fitted, "classes_"):
        probabilities = fitted.predict_proba(X)
        columns |= {f"p_{label}": probabilities[:, i] for i, label in enumerate(fitted.classes_)}
    line = score_line(opened, np.asarray(columns["prediction"]), probabilities)
    if line is not None:
        say(line)
    return columns


@telling
def embed(
    model: str,
    data: str,
    *,
    id_column: str | None = None,
    device: str = "auto",
    say: Say = silent,
) -> Columns:
    """Return the code of each row, of the fine-tuned stack where there is one."""
    opened = open_rows(model, data, device, say, id_column=id_column)
    codes = opened.fitted.encode(opened.X)
    columns: Columns = opened.named()
    return columns | {f"code_{i}": codes[:, i] for i in range(codes.shape[1])}


@telling
def reconstruct(
    model: str,
    data: str,
    *,
    id_column: str | None = None,
    device: str = "auto",
    say: Say = silent,
) -> Columns:
    """Return each row as the pretrained stack reconstructs it, in the original columns."""
    opened = open_rows(model, data, device, say, id_column=id_column)
    pretrainer = _with_decoder(opened)
    back = pretrainer.reconstruct(opened.X)
    if hasattr(back, "columns"):
        columns = {name: back[name].to_list() for name in back.columns}
    else:
        names = getattr(pretrainer, "feature_names_in_", _numbered(back.shape[1], opened.left_out))
        columns = {str(name): back[:, i] for i, name in enumerate(names)}
    return opened.named() | {
        f"{name}_" if name == "row" else name: values for name, values in columns.items()
    }


def _numbered(width: int, left_out: Sequence[str]) -> list[str]:
    """Return names of columns that have none, by their places in the data."""
    numbers = [i for i in range(width + len(left_out)) if f"x{i}" not in left_out]
    return [f"x_{i}" for i in numbers[:width]]


@telling
def score(
    model: str,
    data: str,
    *,
    id_column: str | None = None,
    device: str = "auto",
    say: Say = silent,
) -> Columns:
    """Return minus the reconstruction error of each row: the lowest are the least normal."""
    opened = open_rows(model, data, device, say, id_column=id_column)
    pretrainer = _with_decoder(opened)
    return opened.named() | {"score": pretrainer.score_samples(opened.X)}


def _with_decoder(opened: Opened) -> Pretrainer:
    pretrainer = pretrainer_of(opened.fitted)
    reason = pretrainer.why_no_decoder()
    if reason is not None:
        raise DataError(
            f"{opened.folder!r} cannot reconstruct or score rows. {reason}", "Use embed."
        )
    return pretrainer
