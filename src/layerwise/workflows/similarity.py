"""How alike two images are."""

from __future__ import annotations

import math

import numpy as np
from scipy.ndimage import gaussian_filter

_SIGMA, _RADIUS = 1.5, 5  # a gaussian window of 11 by 11
_C1, _C2 = 0.01**2, 0.03**2  # for values in [0, 1]


def psnr(originals: np.ndarray, images: np.ndarray) -> float:
    """Return the peak signal-to-noise ratio of images with values in [0, 1], in decibels, of the
    squared error over all of them; infinite where there is none.

    >>> psnr(np.zeros((1, 1, 2, 2)), np.full((1, 1, 2, 2), 0.1))
    20.0
    """
    error = float(np.mean((originals.astype(float) - images) ** 2))
    return round(-10 * math.log10(error), 10) if error > 0 else math.inf


def ssim(originals: np.ndarray, images: np.ndarray) -> float:
    """Return the mean structural similarity of images (n, c, h, w) with values in [0, 1].

    Means, variances and covariances are taken in a gaussian window of 11 by 11 pixels with a
    standard deviation of 1.5, and the index averaged over the pixels whose window lies in the
    image, and over the channels. In an image smaller than the window, all pixels count and the
    image is mirrored at its edges.

    References
    ----------
    Wang, Bovik, Sheikh and Simoncelli (2004), "Image quality assessment: from error visibility to
    structural similarity".
    """
    x, y = originals.astype(float), images.astype(float)
    mean_x, mean_y = _blurred(x), _blurred(y)
    variances = _blurred(x * x) - mean_x**2 + _blurred(y * y) - mean_y**2
    covariance = _blurred(x * y) - mean_x * mean_y
    index = (2 * mean_x * mean_y + _C1) * (2 * covariance + _C2)
    index /= (mean_x**2 + mean_y**2 + _C1) * (variances + _C2)
    if min(x.shape[-2:]) > 2 * _RADIUS:
        index = index[..., _RADIUS:-_RADIUS, _RADIUS:-_RADIUS]
    return float(index.mean())


def _blurred(images: np.ndarray) -> np.ndarray:
    return gaussian_filter(images, (0, 0, _SIGMA, _SIGMA), radius=(0, 0, _RADIUS, _RADIUS))
