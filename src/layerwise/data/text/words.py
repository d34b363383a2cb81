"""A text as a bag of words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfVectorizer

from ..._checks import check_int, check_name
from ..._durable import Facts
from ..._errors import DataError
from ..._space import Block
from ..._spec import register
from .encoding import FittedText, TextEncoding, filled

WEIGHTS = ("tfidf", "binary")
UNITS = ("auto", "words", "characters")
_WORD = r"(?u)\b\w+\b"
# Scripts that put no spaces between words: Thai to Khmer, kana, Han
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_UNSPACED_SHARE = 0.3
_CHARACTERS = (1, 3)
_SHOWN = 20  # words of a bag that comes back


@register
@dataclass(frozen=True, repr=False)
class Words(TextEncoding):
    """Each frequent word of a column is a feature in [0, 1]; rows are sparse.

    Parameters
    ----------
    most : int, default 20_000
        Words of a column that have a feature, the most frequent ones; the others count for nothing.
    weights : {'tfidf', 'binary'}, default 'tfidf'
        'tfidf': how often a word stands in the text times ``1 + log((1 + n) / (1 + texts that hold
        it))``, each row of length 1. 'binary': 1 where it stands in the text.
    longest : int, default 1
        Words in a row that are a feature together, up to so many.
    units : {'auto', 'words', 'characters'}, default 'auto'
        'characters' takes runs of 1 to 3 of them in place of words, for scripts without spaces;
        'auto' does so where three in ten characters are of such a script.

    Raises
    ------
    ParameterError
        When a setting is out of its range.

    References
    ----------
    Sparck Jones (1972), "A statistical interpretation of term specificity and its application in
    retrieval". Glorot, Bordes and Bengio (2011), "Domain adaptation for large-scale sentiment
    classification: a deep learning approach" (bags of words as input of denoising autoencoders).

    Examples
    --------
    >>> import numpy as np
    >>> from layerwise.data.text import Words
    >>> bag = Words(weights="binary").fit([np.array(["a cat", "a dog", None], dtype=object)])
    >>> bag.names(["text"]), bag.rows([np.array(["the cat"], dtype=object)]).toarray().tolist()
    (['text: a', 'text: cat', 'text: dog'], [[0.0, 1.0, 0.0]])
    """

    most: int = 20_000
    _: KW_ONLY
    weights: str = "tfidf"
    longest: int = 1
    units: str = "auto"

    def __post_init__(self) -> None:
        check_int(self, "most", self.most, 1)
        check_name(self, "weights", self.weights, WEIGHTS)
        check_int(self, "longest", self.longest, 1)
        check_name(self, "units", self.units, UNITS)

    def fit(self, columns: Sequence[np.ndarray]) -> WordBag:
        parts = [self._fitted(filled(cells)) for cells in columns]
        return WordBag(self, parts)

    def restored(self, plain: Facts, arrays: dict[str, np.ndarray], count: int) -> WordBag:
        named = plain["columns"]
        parts = []
        for i, column in enumerate(named):
            weights = arrays.pop(f"text_weights_{i}_", None)
            known = column["vocabulary"]
            if weights is None or weights.shape != (len(known),) or weights.dtype != np.float64:
                raise DataError(
                    f"The tensor preprocessing.text_weights_{i}_ is not one of {len(known):,} "
                    "weights of words."
                )
            if not (np.isfinite(weights).all() and (weights > 0).all()):
                raise DataError(
                    f"The tensor preprocessing.text_weights_{i}_ holds weights of words that are "
                    "not above 0."
                )
            part = self._vectorizer(column["characters"], known)
            part.idf_ = weights
            parts.append(part)
        if len(parts) != count or arrays:
            raise DataError(
                f"The file describes {len(parts)} columns of text; the model has {count}."
            )
        return WordBag(self, parts)

    def _fitted(self, texts: list[str]) -> TfidfVectorizer:
        part = self._vectorizer(self._by_characters(texts))
        try:
            part.fit(texts)
        except ValueError as error:  # empty vocabulary
            raise DataError(
                "A column of text holds no word at all.", "Leave it out, or look at its cells."
            ) from error
        return part

    def _by_characters(self, texts: list[str]) -> bool:
        if self.units != "auto":
            return self.units == "characters"
        length = sum(map(len, texts))
        unspaced = sum(len(_UNSPACED.findall(text)) for text in texts)
        return unspaced > _UNSPACED_SHARE * length

    def _vectorizer(self, characters: bool, known: list[str] | None = None) -> TfidfVectorizer:
        binary = self.weights == "binary"
        return TfidfVectorizer(
            analyzer="char_wb" if characters else "word",
            token_pattern=None if characters else _WORD,
            ngram_range=_CHARACTERS if characters else (1, self.longest),
            max_features=self.most,
            vocabulary=known,
            binary=binary,
            norm=None if binary else "l2",
            dtype=np.float64,
        )


def _surest(row: np.ndarray, words: np.ndarray) -> str:
    first = np.argsort(-row, kind="stable")[:_SHOWN]
    return " ".join(words[i] for i in first if row[i] > 0 and row[i] >= row[first[0]] / 2)


class WordBag(FittedText):
    """The trained form of :class:`Words`: a vectorizer for each column."""

    sparse = True

    def __init__(self, encoding: Words, parts: list[TfidfVectorizer]) -> None:
        self.encoding, self.parts = encoding, parts
        self.binary = encoding.weights == "binary"
        several = ["characters" for part in parts if part.analyzer == "char_wb"]
        self.notes = (
            ("Text without spaces between words is read as runs of 1 to 3 characters.",)
            if several and encoding.units == "auto"
            else ()
        )

    @property
    def blocks(self) -> list[Block]:
        return [Block("unit", len(part.vocabulary_)) for part in self.parts]

    def rows(self, columns: Sequence[np.ndarray]) -> sp.csr_array:
        parts = [
            self._weighted(part, filled(cells))
            for part, cells in zip(self.parts, columns, strict=True)
        ]
        return sp.csr_array(sp.hstack(parts, format="csr", dtype=np.float32))

    def _weighted(self, part: TfidfVectorizer, texts: list[str]) -> Any:
        found = part.transform(texts)
        if self.binary:
            found.data[:] = 1.0
        return found

    def names(self, columns: Sequence[str]) -> list[str]:
        return [
            f"{name}: {word}"
            for name, part in zip(columns, self.parts, strict=True)
            for word in part.get_feature_names_out()
        ]

    def texts(self, rows: np.ndarray, columns: Sequence[str]) -> dict[str, list[str]]:
        """Return the words of each bag, the surest first, for their order is forgotten: those that
        have at least half of the largest value, 20 at most."""
        result, start = {}, 0
        for name, part in zip(columns, self.parts, strict=True):
            words = part.get_feature_names_out()
            own = rows[:, start : start + len(words)]
            result[name] = [_surest(row, words) for row in own]
            start += len(words)
        return result

    def to_state(self) -> tuple[Facts, dict[str, np.ndarray]]:
        columns = [
            {
                "vocabulary": [str(word) for word in part.get_feature_names_out()],
                "characters": part.analyzer == "char_wb",
            }
            for part in self.parts
        ]
        arrays = {f"text_weights_{i}_": part.idf_ for i, part in enumerate(self.parts)}
        return {"columns": columns}, arrays
