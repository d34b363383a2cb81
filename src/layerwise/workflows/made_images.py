"""Made-up images as files that hold images."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from .._durable import Facts, write_bytes
from .._errors import ParameterError
from ..artifacts import inspect
from ..display.mosaic import mosaic
from .model_place import model_folder
from .table_out import Columns

KINDS = (".png", ".npy")
MOST, ACROSS = 100, 10  # images in a picture


def holds_images(place: Path | None, model: str) -> bool:
    """Say whether made-up rows are to be written as images.

    Raises
    ------
    ParameterError
        When they are to be, and the model makes none.
    """
    if place is None or place.suffix.lower() not in KINDS:
        return False
    if not _about(model).get("image_shape"):
        raise ParameterError(
            f"{str(place)!r} is to hold images, and this model makes rows of a table.",
            "Write them to a .csv file.",
        )
    return True


def write_images(columns: Columns, place: Path, model: str) -> None:
    """Write images: a picture of the first 100 (``.png``), or all as an array of bytes of shape
    ``(n, c, h, w)`` (``.npy``)."""
    shape = _about(model)["image_shape"]
    pixels = [f"x{i}" for i in range(int(np.prod(shape)))]
    flat = np.stack([np.asarray(columns[name]) for name in pixels], axis=1).astype(np.uint8)
    images = flat.reshape(-1, *shape)
    buffer = io.BytesIO()
    if place.suffix.lower() == ".npy":
        np.save(buffer, images)
    else:
        picture = 255 * mosaic(images[:MOST] / 255, ACROSS)
        Image.fromarray(picture.round().astype(np.uint8)).save(buffer, "PNG")
    write_bytes(place, buffer.getvalue())


def _about(model: str) -> Facts:
    return inspect(model_folder(model, lambda note: None))["about"]
