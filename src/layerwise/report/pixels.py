"""Images and filters as small PNG data URIs."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from .._errors import DataError

_MAX_SIDE = 160


def as_images(array: ArrayLike, shape: Sequence[int] | None = None) -> np.ndarray:
    """Return float images (m, c, h, w); rows of features are reshaped to ``shape``; what is not
    finite becomes 0.

    Raises
    ------
    DataError
        When rows of features come without a shape.
    """
    images = np.nan_to_num(np.asarray(array, dtype=np.float64), nan=0.0, posinf=1.0, neginf=0.0)
    if images.ndim == 3:
        images = images[:, None]
    if images.ndim != 4:
        if shape is None:
            raise DataError(
                f"Pictures of shape {images.shape} need an 'image_shape'.",
                "Give facts['pictures']['image_shape'] as (c, h, w).",
            )
        images = images.reshape(len(images), *(int(side) for side in shape))
    return images


def image_uri(image: np.ndarray) -> str:
    """Return an image (c, h, w) with values in [0, 1] as a data URI; one channel is grey, three are
    colours."""
    channels = image[:3] if len(image) >= 3 else image.mean(axis=0, keepdims=True)
    return _uri(channels.clip(0.0, 1.0))


def filter_uri(weights: np.ndarray) -> str:
    """Return a filter (c, h, w) of any range as a data URI: grey is 0, white the largest weight,
    black its negative."""
    channels = weights if len(weights) == 3 else weights.mean(axis=0, keepdims=True)
    largest = float(np.abs(channels).max(initial=0.0))
    return _uri(
        (0.5 + 0.5 * channels / largest if largest > 0 else 0.5 + 0.0 * channels).clip(0.0, 1.0)
    )


def shown_size(height: int, width: int, goal: int = 56) -> tuple[int, int]:
    """Return (width, height) in CSS pixels: a whole multiple of a small image, or a large one made
    smaller.

    >>> shown_size(28, 28), shown_size(8, 8), shown_size(400, 200)
    ((56, 56), (56, 56), (48, 96))
    """
    side = max(height, width, 1)
    if side > 2 * goal:
        scale = 96 / side
        return max(1, round(width * scale)), max(1, round(height * scale))
    scale = max(1, round(goal / side))
    return width * scale, height * scale


def _uri(channels: np.ndarray) -> str:
    from PIL import Image

    levels = np.round(channels * 255).astype(np.uint8)
    image = Image.fromarray(
        np.ascontiguousarray(levels[0] if len(levels) == 1 else levels.transpose(1, 2, 0))
    )
    image.thumbnail((_MAX_SIDE, _MAX_SIDE))
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
