"""Codes of an encoder that is not trained: computed once for all rows of a study."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LogisticRegression, Ridge

from .._durable import write_bytes
from .._errors import DataError
from ..estimators import make_pretrainer
from ..evaluation import EstimatorArm, StudyData
from ..evaluation.baselines import Baseline
from ..evaluation.data import row_keys
from ..evaluation.grids import ridges, sparse_penalties
from ..recipes import Recipe

CODES = "codes.npy"  # in the study folder, beside the keys of the rows
KEYS = "codes-keys.npy"


class KnownCodes(TransformerMixin, BaseEstimator):
    """A transformer that looks codes up: rows are known by their content.

    Parameters
    ----------
    folder : str
        With what :func:`keep_codes` wrote.
    encoder : str
        The SHA-256 of the encoder's weights: results are kept under it.
    """

    def __init__(self, folder: str, encoder: str) -> None:
        self.folder = folder
        self.encoder = encoder

    def fit(self, X: Any, y: object = None) -> Self:
        """Learn nothing."""
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return the codes of rows, ``(n, k)``.

        Raises
        ------
        DataError
            For a row whose code is not known.
        """
        keys = np.load(Path(self.folder) / KEYS)
        codes = np.load(Path(self.folder) / CODES, mmap_mode="r")
        wanted = _array(row_keys(X))
        places = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
        if not (keys[places] == wanted).all():
            raise DataError("A row has no code in the study folder.", "Begin the study anew.")
        return np.asarray(codes[places])

    def __sklearn_is_fitted__(self) -> bool:
        return True


def keep_codes(recipe: Recipe, data: StudyData, folder: Path, device: str) -> KnownCodes:
    """Compute the codes of all rows of a study, learned from or tested, and keep them.

    Nothing is learned from rows: the encoder is as it came.
    """
    digest = _digest(recipe)
    parts = [data.X] if data.test_X is None else [data.X, data.test_X]
    keys = _array([key for part in parts for key in row_keys(part)])
    known, first = np.unique(keys, return_index=True)
    path = folder / digest[:16]
    found = KnownCodes(str(path), digest)
    if (path / KEYS).is_file() and np.array_equal(np.load(path / KEYS), known):
        return found
    encoder = make_pretrainer(recipe, random_state=0, device=device).fit(data.X)
    codes = np.concatenate([encoder.transform(part) for part in parts])[first]
    path.mkdir(parents=True, exist_ok=True)
    write_bytes(path / CODES, _saved(codes))
    write_bytes(path / KEYS, _saved(known))
    return found


def frozen_arm(codes: TransformerMixin, task: str, classes: int) -> EstimatorArm:
    """Return a linear model on codes that are not trained."""
    if task == "regression":
        name, linear, grid = "frozen encoder + ridge regression", Ridge(), ridges
    else:
        name, grid = "frozen encoder + logistic regression", sparse_penalties
        linear = LogisticRegression(max_iter=2000)
    return Baseline(name, linear, codes, grid, classes=classes)


def _array(keys: Any) -> np.ndarray:
    return np.array([key.hex() for key in keys])


def _saved(array: np.ndarray) -> bytes:
    import io

    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _digest(recipe: Recipe) -> str:
    from ..architecture import Pretrained

    stage = recipe.stack.stages[0]
    return stage.known.digest if isinstance(stage, Pretrained) else ""
