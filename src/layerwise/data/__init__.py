"""Rows: sources, frames, preprocessing, splits, files."""

from .inputs import Inputs
from .preprocessing import Preprocessor
from .protocol import AsIs, Preprocessing
from .sources import ArraySource, Mix, RowsOf, SparseSource
from .text import Pieces, PretrainedPieces, Words

__all__ = [
    "ArraySource",
    "AsIs",
    "Inputs",
    "Mix",
    "Pieces",
    "Preprocessing",
    "Preprocessor",
    "PretrainedPieces",
    "RowsOf",
    "SparseSource",
    "Words",
]
