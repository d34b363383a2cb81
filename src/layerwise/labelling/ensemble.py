"""What is asked of rows before there is a network for them: linear models on their codes."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

MEMBERS = 5  # linear models on draws of the labels


def probabilities(
    codes: np.ndarray, y: np.ndarray, known: np.ndarray, classes: int, C: float = 1.0
) -> np.ndarray:
    """Return what logistic regression on the codes says, ``(n, classes)``; 0 for a class that no
    labelled row has.

    Parameters
    ----------
    codes : array of shape (n, k)
    y : array of int of shape (n,)
        From 0 to ``classes - 1`` where it is known.
    known : array of int
        The labelled rows.
    """
    found = np.zeros((len(codes), classes))
    present = np.unique(y[known])
    if len(present) == 1:
        found[:, present[0]] = 1.0
        return found
    model = make_pipeline(StandardScaler(), LogisticRegression(C=C, max_iter=1000))
    with warnings.catch_warnings():  # few labels of many classes are classes all the same
        warnings.filterwarnings("ignore", "The number of unique classes is greater")
        found[:, present] = model.fit(codes[known], y[known]).predict_proba(codes)
    return found


def predictions(codes: np.ndarray, y: np.ndarray, known: np.ndarray, seed: int) -> np.ndarray:
    """Return what ridge regressions on the codes say, ``(5, n)``, each fitted on a draw with
    replacement of the labelled rows."""
    rng = np.random.default_rng(seed)
    said = []
    for _ in range(MEMBERS):
        rows = rng.choice(known, len(known))
        model = make_pipeline(StandardScaler(), Ridge(1.0))
        said.append(model.fit(codes[rows], y[rows]).predict(codes))
    return np.stack(said)
