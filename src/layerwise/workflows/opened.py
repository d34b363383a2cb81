"""A saved model, and rows of a file as it takes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from .._durable import Facts
from .._errors import DataError, ParameterError
from ..artifacts import inspect, load
from ..data.readers import Dataset, NoIds, NoLabels, ReadRows, load_dataset
from ..estimators import Model, PretrainedClassifier, PretrainedRegressor, Pretrainer
from ..training import device_of
from .guarded import without_columns
from .model_place import model_folder

Say = Callable[[str], None]


def silent(note: str) -> None:
    """Say nothing."""


@dataclass(frozen=True, eq=False)
class Opened:
    """A model with rows.

    Parameters
    ----------
    fitted : estimator
    rows : Dataset
        With labels where they were asked for and are there.
    folder : str
        Of the model.
    about : dict
        What the model folder says of the run.
    """

    fitted: Model
    rows: Dataset
    folder: str
    about: Facts

    @property
    def left_out(self) -> list[str]:
        """The columns of the data that the model was not given."""
        return list(self.about.get("left_out") or [])

    @property
    def X(self) -> ReadRows:
        """The rows as the model takes them."""
        if hasattr(self.rows.X, "columns") and not hasattr(self.fitted, "feature_names_in_"):
            raise DataError(
                "The model was fitted on rows without names; these rows are a table.",
                "Give an array of the same features.",
            )
        return self.rows.X if hasattr(self.rows.X, "columns") else np.asarray(self.rows.X)

    def named(self) -> dict[str, Any]:
        """Return the first columns of every output: the number of each row, from 0, and its name
        where it has one."""
        columns: dict[str, Any] = {"row": np.arange(len(self.rows))}
        if self.rows.ids is None:
            return columns
        name = str(self.rows.id_column)
        taken = name in ("row", "prediction", "score") or name.startswith(("p_", "code_"))
        return columns | {f"{name}_" if taken else name: list(self.rows.ids)}

    def predictor(self) -> PretrainedClassifier | PretrainedRegressor:
        """Return the model, which predicts.

        Raises
        ------
        DataError
            When it is an encoder.
        """
        if isinstance(self.fitted, Pretrainer):
            raise DataError(
                f"{self.folder!r} is an encoder; it was fitted without a target and predicts "
                "nothing.",
                "Use embed, reconstruct or score.",
            )
        return self.fitted


def open_rows(
    model: str,
    data: str,
    device: str = "auto",
    say: Say = silent,
    *,
    labels: bool = False,
    target: str | None = None,
    test_part: bool = False,
    id_column: str | None = None,
    strict: bool = False,
) -> Opened:
    """Return a model and the rows of a file.

    Parameters
    ----------
    labels : bool, default False
        Whether to read the target too; a table without it, or with an empty one, has no labels.
    target : str, optional
        The column of the labels, which must be there; by default the one the model was fitted on.
    test_part : bool, default False
        Take the test rows that the data hold, not the others.
    id_column : str, optional
        The column that names the rows; by default the one of the model's own data, where it is
        there.
    strict : bool, default False
        Whether labels that the model cannot have are an error; otherwise it is said, and none are
        looked at.
    """
    folder = model_folder(model, say)
    facts = inspect(folder)
    fitted = load(folder)
    if facts["kind"] == "Pipeline":
        raise DataError(
            f"{folder!r} is a Pipeline, which is used in Python alone.",
            f"layerwise.load({folder!r}).predict(X)",
        )
    device_of(device)
    fitted.set_params(device=device)
    pretrainer_of(fitted).set_params(device=device)
    about = facts["about"]
    if isinstance(fitted, Pretrainer):
        labels = False
    named = _Named(about.get("target") if labels else None, target, about.get("id"), id_column)
    pixels = {"white": about.get("white")}
    if about.get("image_shape"):
        pixels["side"] = max(about["image_shape"][1:])
    rows = _read(fitted, folder, data, named, pixels, say, strict=strict)
    rows = _part(rows, data, test_part, say)
    for note in rows.notes:
        say(note)
    shape = about.get("image_shape")
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
    opened = Opened(fitted, rows, folder, about)
    width = fitted.n_features_in_ + len(opened.left_out)
    if isinstance(rows.X, np.ndarray) and rows.X.shape[1] == width:
        rows = replace(rows, X=without_columns(rows.X, opened.left_out))
    return replace(opened, rows=rows)


def pretrainer_of(fitted: Model) -> Pretrainer:
    """Return the pretrainer of a model, which may be the model itself."""
    return fitted if isinstance(fitted, Pretrainer) else fitted._fitted_pretrainer()


class _Named(NamedTuple):
    """Columns with a part of their own: those that the model knows, and those that are asked
    for."""

    known_target: str | None
    target: str | None
    known_id: str | None
    id_column: str | None


def _read(
    fitted: Model,
    folder: str,
    data: str,
    named: _Named,
    pixels: dict[str, Any],
    say: Say,
    *,
    strict: bool,
) -> Dataset:
    """Return the rows; with labels where a table has the known target, or must have the one that
    is asked for; with their names likewise."""
    like = _like(fitted, folder, named.target or named.known_target)

    def read(target: str | None) -> Dataset:
        if named.id_column is not None or named.known_id is None or like is None:
            own = named.id_column
            return load_dataset(data, target=target, like=like, id_column=own, **pixels)
        try:
            return load_dataset(data, target=target, like=like, id_column=named.known_id)
        except NoIds:
            return load_dataset(data, target=target, like=like)

    if named.target is not None:
        return read(named.target)
    if like is None or named.known_target is None:
        return read(None)
    try:
        return read(named.known_target)
    except NoLabels:
        return read(None)
    except DataError as error:
        if strict:
            raise
        rows = read(None)  # what is wrong with the rows themselves is raised
        say(f"The labels are not looked at: {error.message}")
        return rows


def _part(rows: Dataset, data: str, test_part: bool, say: Say) -> Dataset:
    if test_part:
        if rows.test is None:
            raise ParameterError(
                f"{data!r} holds no test part of its own.", "Leave --test-part out."
            )
        return rows.test
    if rows.test is not None:
        say(
            f"The {len(rows.test):,} test rows of {data!r} are not used; give their own file or "
            "folder for them."
        )
    return rows


def _like(fitted: Model, folder: str, target: str | None) -> Dataset | None:
    """Return one made-up row with the columns and types that the model was fitted on, and its
    classes for labels; or None for arrays."""
    import polars as pl

    names = getattr(fitted, "feature_names_in_", None)
    if names is None:
        return None
    preprocessing = pretrainer_of(fitted).preprocessing_
    constants = getattr(preprocessing, "constants_", {})
    free = tuple(preprocessing.text_columns_)
    texts = {
        *free,
        *preprocessing.levels_,
        *(name for name, value in constants.items() if isinstance(value, str)),
    }
    row = pl.DataFrame({name: ["x"] if name in texts else [0.0] for name in names})
    classes: Any = getattr(fitted, "classes_", None)
    y = np.array([0.0] if classes is None else classes.tolist(), dtype=object)
    task = "regression" if classes is None else "classification"
    if target is None or isinstance(fitted, Pretrainer):
        return Dataset(folder, row, None, None, None, None, text_columns=free)
    return Dataset(folder, row, y, target, None, task, text_columns=free)
