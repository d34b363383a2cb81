"""Rows: sources, frames, preprocessing, splits, files."""

from .preprocessing import Preprocessor
from .sources import ArraySource, Mix, RowsOf, SparseSource

__all__ = ["ArraySource", "Mix", "Preprocessor", "RowsOf", "SparseSource"]
