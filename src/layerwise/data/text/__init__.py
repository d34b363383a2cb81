"""Columns of free text, and what a network is given of them."""

from .borrowed import BorrowedTokens, PretrainedPieces
from .encoding import FittedText, TextEncoding, beside, state_of_text, text_of_state
from .free import is_free
from .pieces import Pieces, PieceTokens
from .words import WordBag, Words

__all__ = [
    "BorrowedTokens",
    "FittedText",
    "PieceTokens",
    "Pieces",
    "PretrainedPieces",
    "TextEncoding",
    "WordBag",
    "Words",
    "beside",
    "is_free",
    "state_of_text",
    "text_of_state",
]
