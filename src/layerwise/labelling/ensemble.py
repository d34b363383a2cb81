"""What is asked of rows before there is a network for them: linear models on their codes."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge

MEMBERS = 5  # linear models on draws of the labels


def scaled(codes: np.ndarray) -> np.ndarray:
    """Return codes with mean 0 and, over all columns, variance 1: what is large stays large.

    With few labels a linear model of a fixed penalty is better so than with every column brought to
    variance 1: on 50 principal components of digits 82 against 62 % right with 50 labels.

    >>> scaled(np.array([[0.0, 5.0], [6.0, 5.0]])).tolist()
    [[-1.4142135623730951, 0.0], [1.4142135623730951, 0.0]]
    """
    codes = np.asarray(codes, dtype=np.float64)
    centred = codes - codes.mean(0)
    return centred / (np.sqrt(centred.var(0).mean()) or 1.0)


def probabilities(
    codes: np.ndarray, y: np.ndarray, known: np.ndarray, classes: int, C: float = 1.0
) -> np.ndarray:
    """Return what logistic regression on the codes says, ``(n, classes)``; 0 for a class that no
    labelled row has.

    Parameters
    ----------
    codes : array of shape (n, k)
        As :func:`scaled` returns them.
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
    model = LogisticRegression(C=C, max_iter=1000)
    with warnings.catch_warnings():  # few labels of many classes are classes all the same
        warnings.filterwarnings("ignore", "The number of unique classes is greater")
        found[:, present] = model.fit(codes[known], y[known]).predict_proba(codes)
    return found


def predictions(codes: np.ndarray, y: np.ndarray, known: np.ndarray, seed: int) -> np.ndarray:
    """Return what ridge regressions on the codes, as :func:`scaled` returns them, say, ``(5, n)``,
    each fitted on a draw with replacement of the labelled rows."""
    rng = np.random.default_rng(seed)
    said = []
    for _ in range(MEMBERS):
        rows = rng.choice(known, len(known))
        said.append(Ridge(1.0).fit(codes[rows], y[rows]).predict(codes))
    return np.stack(said)
