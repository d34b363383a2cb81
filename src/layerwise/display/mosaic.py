"""Many small images as one."""

from __future__ import annotations

import numpy as np

from .._errors import DataError

GAP = 1  # pixels between images


def mosaic(images: np.ndarray, columns: int, ground: float = 1.0) -> np.ndarray:
    """Return images row by row in one array, ``(height, width)`` or ``(height, width, 3)``, with a
    line of ``ground`` between them.

    Parameters
    ----------
    images : array of shape (m, c, h, w)
        Three channels and more are colours; others are grey, their mean.
    columns : int

    Examples
    --------
    >>> mosaic(np.zeros((3, 1, 2, 2)), columns=2).shape
    (5, 5)
    """
    images = np.nan_to_num(np.asarray(images, dtype=float))
    m, c, h, w = images.shape
    shown = images[:, :3] if c >= 3 else images.mean(axis=1, keepdims=True)
    rows = -(-m // columns)
    whole = np.full((rows * (h + GAP) - GAP, columns * (w + GAP) - GAP, shown.shape[1]), ground)
    for i, image in enumerate(shown):
        top, left = (i // columns) * (h + GAP), (i % columns) * (w + GAP)
        whole[top : top + h, left : left + w] = image.transpose(1, 2, 0)
    return whole[..., 0] if whole.shape[2] == 1 else whole


def as_pictures(array: object, name: str) -> np.ndarray:
    """Return images as ``(m, c, h, w)``.

    Raises
    ------
    DataError
        For another number of dimensions.
    """
    images = np.asarray(array, dtype=float)
    if images.ndim == 3:
        images = images[:, None]
    if images.ndim != 4 or not len(images):
        raise DataError(
            f"{name} has the shape {images.shape}; expected images (m, h, w) or (m, c, h, w)."
        )
    return images
