"""Rows as a person sees them: a picture, a text, or cells with their names."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from PIL import Image

from .._errors import DataError
from .._json import Facts, jsonable

MOST_CELLS = 500
LONGEST = 100_000  # characters of a text that are sent


@dataclass(frozen=True, eq=False)
class Cards:
    """The rows of a data set as cards, by number.

    Parameters
    ----------
    X : array of shape (n, d), or polars.DataFrame
    image_shape : tuple of int, optional
        ``(c, h, w)``, where rows are flattened images.
    names : sequence of str, optional
        Of the rows.
    text_columns : sequence of str
        Columns of a table that hold free text: they stand above the other cells.
    pictures : callable, optional
        Returns the picture of a row as uint8 ``(c, h, w)``, where it is to be shown larger than the
        network gets it.

    Examples
    --------
    >>> import numpy as np
    >>> from layerwise.annotation import Cards
    >>> Cards(np.array([[1.0, 2.5]])).card(0)["cells"]
    [['x0', '1'], ['x1', '2.5']]
    """

    X: Any = field(repr=False)
    image_shape: tuple[int, int, int] | None = None
    names: Sequence[str] | None = field(default=None, repr=False)
    text_columns: Sequence[str] = ()
    pictures: Callable[[int], np.ndarray] | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.X)

    def card(self, row: int) -> Facts:
        """Return what is shown of a row: its name, its kind and, but for a picture, its cells."""
        self._check(row)
        named = {"row": row, "name": None if self.names is None else str(self.names[row])}
        if self.image_shape is not None:
            _, height, width = self.image_shape
            return named | {"kind": "image", "texts": [], "cells": [], "size": [width, height]}
        cells = self._cells(row)
        texts = [[name, str(cells.pop(name) or "")[:LONGEST]] for name in self.text_columns]
        kind = "text" if texts else "table"
        shown = [[name, _plain(value)] for name, value in list(cells.items())[:MOST_CELLS]]
        left = max(0, len(cells) - MOST_CELLS)
        return named | {"kind": kind, "texts": texts, "cells": shown, "left": left}

    def _cells(self, row: int) -> dict[str, Any]:
        if hasattr(self.X, "columns"):
            return dict(self.X.row(row, named=True))
        return {f"x{i}": value for i, value in enumerate(np.asarray(self.X[row]).ravel())}

    def picture(self, row: int) -> bytes:
        """Return the picture of a row as PNG.

        Raises
        ------
        DataError
            When the rows are no images.
        """
        self._check(row)
        if self.image_shape is None:
            raise DataError("These rows are no images.")
        values = (self.pictures or self._pixels)(row)
        flat = values[0] if len(values) in (1, 2) else np.moveaxis(values[:3], 0, -1)
        buffer = io.BytesIO()
        Image.fromarray(np.ascontiguousarray(flat)).save(buffer, "PNG", compress_level=1)
        return buffer.getvalue()

    def _pixels(self, row: int) -> np.ndarray:
        assert self.image_shape is not None
        values = np.asarray(self.X[row]).reshape(self.image_shape)
        if values.dtype == np.uint8:
            return values
        low, high = self._range
        return ((values - low) / max(high - low, 1e-12) * 255).clip(0, 255).astype(np.uint8)

    @cached_property
    def _range(self) -> tuple[float, float]:
        """The range of pixels that are no bytes: [0, 1] where they lie in it, else their own."""
        some = np.asarray(self.X[: min(1000, len(self.X))])
        low, high = float(np.nanmin(some)), float(np.nanmax(some))
        return (0.0, 1.0) if low >= 0 and high <= 1 else (low, high)

    def _check(self, row: int) -> None:
        if not 0 <= row < len(self):
            raise DataError(f"There is no row {row}; there are {len(self):,}, from 0.")


def _plain(value: object) -> str:
    """Return a cell as it is shown; nothing for one that is missing."""
    plain = jsonable(value)
    if plain is None:
        return ""
    if isinstance(plain, float):
        text = str(value) if isinstance(value, np.floating) else repr(plain)
        return text.removesuffix(".0")
    return str(plain)[:LONGEST]
