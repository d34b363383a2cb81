"""Whitening: columns that vary together become columns that do not, and back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

WHITENINGS = ("zca", "pca")
_ROWS = 256


@dataclass(frozen=True, eq=False)
class Whitening:
    """``z = (x - mean) P``, and its inverse ``x = z Q + mean``.

    Parameters
    ----------
    mean : float64 array ``(m,)``
    matrix, inverse : float64 arrays ``(m, m)``
        ``P`` and ``Q``.
    """

    mean: np.ndarray
    matrix: np.ndarray
    inverse: np.ndarray

    def apply(self, X: np.ndarray) -> np.ndarray:
        """Return whitened rows: ``(n, m) -> (n, m)``. A row does not depend on the rows beside it,
        not even in its last bit."""
        return _product(X - self.mean, self.matrix)

    def undo(self, Z: np.ndarray) -> np.ndarray:
        """Return the rows that were whitened: ``(n, m) -> (n, m)``."""
        return _product(Z, self.inverse) + self.mean


def fit_whitening(blocks: Iterable[np.ndarray], kind: str, epsilon: float) -> Whitening:
    """Return the whitening of rows that come in blocks.

    With ``C = V diag(D) V'`` the covariance (divided by n - 1), 'zca' is ``P = V diag(1 / sqrt(D +
    epsilon)) V'``, the whitening that changes the rows least, and 'pca' is ``P = V diag(1 / sqrt(D
    + epsilon))``, the principal components from the largest on.

    Parameters
    ----------
    blocks : iterable of float64 arrays ``(rows, m)``
        At least one row in all.
    kind : {'zca', 'pca'}
    epsilon : float
        Above 0, in squared units of the columns. Below the rounding error of the largest eigenvalue
        it is raised to it: what is only rounding must not be blown up, and the inverse must exist.

    References
    ----------
    Bell and Sejnowski (1997), "The 'independent components' of natural scenes are edge filters"
    (ZCA). Coates, Lee and Ng (2011), "An analysis of single-layer networks in unsupervised feature
    learning".

    Examples
    --------
    >>> import numpy as np
    >>> from layerwise.data.whitening import fit_whitening
    >>> X = np.array([[0.0, 0.0], [4.0, 2.0], [0.0, 2.0], [4.0, 0.0]])
    >>> np.cov(fit_whitening([X], "zca", 1e-9).apply(X), rowvar=False).round(3).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    mean, covariance = _moments(blocks)
    variances, directions = (part[..., ::-1] for part in np.linalg.eigh(covariance))
    rounding = np.finfo(np.float64).eps * len(mean) * max(variances[0], 0.0)
    deviations = np.sqrt(np.maximum(np.maximum(variances, 0.0) + epsilon, rounding))
    directions = directions * _signs(directions)
    matrix, inverse = directions / deviations, (directions * deviations).T
    if kind == "zca":
        matrix, inverse = matrix @ directions.T, directions @ inverse
    return Whitening(mean, matrix, inverse)


def _moments(blocks: Iterable[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and covariance in one pass (Chan, Golub and LeVeque 1983: the blocks' own
    moments, joined)."""
    n, mean, scatter = 0, np.zeros(()), np.zeros(())
    for block in blocks:
        k, own = len(block), block.mean(axis=0)
        centred = block - own
        step = own - mean
        scatter = scatter + centred.T @ centred + np.multiply.outer(step, step) * (n * k / (n + k))
        mean = mean + step * (k / (n + k))
        n += k
    return mean, scatter / max(n - 1, 1)


def _signs(directions: np.ndarray) -> np.ndarray:
    """Return the sign of each direction's largest entry: an eigenvector has none of its own."""
    largest = np.abs(directions).argmax(axis=0)
    return np.sign(directions[largest, np.arange(directions.shape[1])])


def _product(X: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Return ``X @ matrix`` in blocks padded to one size: a product of another size may round
    another way."""
    result = np.empty((len(X), matrix.shape[1]))
    padded = np.zeros((_ROWS, len(matrix)))
    for start in range(0, len(X), _ROWS):
        part = X[start : start + _ROWS]
        padded[: len(part)] = part
        result[start : start + _ROWS] = (padded @ matrix)[: len(part)]
    return result
