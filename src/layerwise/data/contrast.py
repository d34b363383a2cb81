"""Global contrast normalisation: every row on the same brightness and the same contrast."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

_PER_BYTE = 10.0 / 255.0**2


@dataclass(frozen=True)
class Contrast:
    """``(x - mean(x)) / sqrt(var(x) + constant)``, row by row.

    Parameters
    ----------
    constant : float
        Above 0, in squared units of the numbers: a row with less variance is noise rather than
        contrast.
    level, spread : float
        Means over the training rows of ``mean(x)`` and of ``sqrt(var(x) + constant)``.
    """

    constant: float
    level: float
    spread: float

    def apply(self, X: np.ndarray) -> np.ndarray:
        """Return normalised rows: ``(n, m) -> (n, m)``, each of mean 0 and of variance below 1."""
        X = np.ascontiguousarray(
            X
        )  # sums along a row take one order, however the rows lie in memory
        centred = X - X.mean(axis=1, keepdims=True)
        return centred / np.sqrt(np.square(centred).mean(axis=1, keepdims=True) + self.constant)

    def undo(self, Y: np.ndarray) -> np.ndarray:
        """Return rows of the training rows' average brightness and contrast; a row's own are gone:
        ``(n, m) -> (n, m)``."""
        return Y * self.spread + self.level


def fit_contrast(blocks: Iterable[np.ndarray], width: float | None = None) -> Contrast:
    """Return the contrast normalisation of rows that come in blocks.

    The constant is 10 for pixels in 0..255, and in proportion elsewhere: ``10 (width / 255)**2``.

    Parameters
    ----------
    blocks : iterable of float64 arrays ``(rows, m)``
        At least one row in all.
    width : float, optional
        Of the numbers' range; by default from the smallest to the largest of all.

    References
    ----------
    Coates, Lee and Ng (2011), "An analysis of single-layer networks in unsupervised feature
    learning".

    Examples
    --------
    >>> import numpy as np
    >>> from layerwise.data.contrast import fit_contrast
    >>> fit_contrast([np.array([[0.0, 255.0], [10.0, 20.0]])]).constant
    10.0
    """
    ends, means, variances = [], [], []
    for block in blocks:
        ends += [block.min(), block.max()]
        means.append(block.mean(axis=1))
        variances.append(block.var(axis=1))
    width = width or float(max(ends) - min(ends)) or 1.0
    constant = _PER_BYTE * width**2
    spread = np.sqrt(np.concatenate(variances) + constant).mean()
    return Contrast(constant, float(np.concatenate(means).mean()), float(spread))
