"""A text as a row of pieces of words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..._checks import check_bool, check_int
from ..._durable import Facts
from ..._errors import DataError
from ..._space import Block
from ..._spec import register
from .encoding import FittedText, TextEncoding, filled

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")  # 0 to 4, in every vocabulary of ours
PAD, UNKNOWN, FIRST, BETWEEN, MASK = range(5)
_BYTES = tuple(f"<0x{byte:02X}>" for byte in range(256))  # of characters that are no piece
_ALPHABET = 1_000  # characters that are pieces, the most frequent ones
MOST_CHARACTERS = 20_000  # of a text that are looked at: 512 pieces are shorter
_BLANK = r"[\s\x00-\x1f\x7f]+"  # white space and control characters
_LONGEST, _STEP, _COVERED = 256, 8, 0.99


@register
@dataclass(frozen=True, repr=False)
class Pieces(TextEncoding):
    """Frequent words, and parts of rare ones, as whole numbers; 0 fills up a short text.

    The vocabulary is learned from the texts, the same one for the same texts; what it does not hold
    is spelled in bytes. All columns of text make one row, one after the other,
    each ended by a piece that says so; before them stands one that means the whole row.

    Parameters
    ----------
    vocabulary : int, default 8_000
        Pieces at most, at least 500; 261 of them are bytes and marks.
    length : int, optional
        Pieces of a row at most; longer texts are cut, and it is told. By default what 99 % of the
        rows need, at most 256.
    lowercase : bool, default True

    Raises
    ------
    ParameterError
        When a setting is out of its range.

    References
    ----------
    Sennrich, Haddow and Birch (2016), "Neural machine translation of rare words with subword
    units".

    Examples
    --------
    >>> import numpy as np
    >>> from layerwise.data.text import Pieces
    >>> texts = np.array(["lost card", "a card was lost"] * 9, dtype=object)
    >>> pieces = Pieces(500).fit([texts])
    >>> pieces.rows([np.array(["lost"], dtype=object)]).shape, pieces.text_of([5, 6]) != ""
    ((1, 8), True)
    """

    vocabulary: int = 8_000
    _: KW_ONLY
    length: int | None = None
    lowercase: bool = True

    def __post_init__(self) -> None:
        check_int(self, "vocabulary", self.vocabulary, 500)
        check_int(self, "length", self.length, 4, optional=True)
        check_bool(self, "lowercase", self.lowercase)

    def fit(self, columns: Sequence[np.ndarray]) -> PieceTokens:
        tokenizer = self._trained([text for cells in columns for text in _shortened(cells)])
        counts = np.sum([_counts(tokenizer, cells) for cells in columns], axis=0) + 1
        length, notes = self.length, []
        if length is None:
            wanted = int(np.quantile(counts, _COVERED))
            length = min(_LONGEST, max(_STEP, -(-wanted // _STEP) * _STEP))
        cut = int((counts > length).sum())
        if cut:
            notes.append(
                f"{cut:,} of {len(counts):,} texts are longer than {length} pieces, and are cut "
                f"there (the longest has {counts.max():,})."
            )
        return PieceTokens(self, tokenizer, length, tuple(notes))

    def restored(self, plain: Facts, arrays: dict[str, np.ndarray], count: int) -> PieceTokens:
        from tokenizers import Tokenizer

        if arrays:
            raise DataError(f"The file has, beyond the model, the tensor {next(iter(arrays))}.")
        try:
            tokenizer = Tokenizer.from_str(plain["tokenizer"])
        except Exception as error:  # its own errors have no class
            raise DataError(f"The file holds no tokenizer that can be read: {error}.") from error
        if [tokenizer.token_to_id(name) for name in SPECIAL] != list(range(len(SPECIAL))):
            raise DataError(f"The tokenizer's first pieces are not {', '.join(SPECIAL)}.")
        return PieceTokens(self, tokenizer, plain["length"])

    def _trained(self, texts: list[str]) -> Tokenizer:
        from tokenizers import Tokenizer, models, trainers

        tokenizer = Tokenizer(models.BPE(unk_token=SPECIAL[UNKNOWN]))
        self._dress(tokenizer)
        trainer = trainers.BpeTrainer(
            vocab_size=self.vocabulary,
            special_tokens=[*SPECIAL, *_BYTES],
            min_frequency=2,
            limit_alphabet=_ALPHABET,
            show_progress=False,
        )
        tokenizer.train_from_iterator(texts, trainer)
        return self._plain(tokenizer)

    def _plain(self, trained: Tokenizer) -> Tokenizer:
        """Return a tokenizer of the same pieces in which none is looked for in a text: a text that
        holds "[MASK]" holds six characters."""
        from tokenizers import Tokenizer, models

        model = json.loads(trained.to_str())["model"]
        merges = [tuple(pair) for pair in model["merges"]]
        bpe = models.BPE(
            model["vocab"], merges, unk_token=SPECIAL[UNKNOWN], byte_fallback=True, fuse_unk=True
        )
        tokenizer = Tokenizer(bpe)
        self._dress(tokenizer)
        return tokenizer

    def _dress(self, tokenizer: Tokenizer) -> None:
        from tokenizers import Regex, decoders, normalizers, pre_tokenizers

        steps = [normalizers.NFKC(), normalizers.Replace(Regex(_BLANK), " "), normalizers.Strip()]
        if self.lowercase:
            steps.append(normalizers.Lowercase())
        tokenizer.normalizer = normalizers.Sequence(steps)
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Punctuation("isolated"),
                pre_tokenizers.Metaspace(prepend_scheme="first"),
            ]
        )
        tokenizer.decoder = decoders.Sequence(
            [decoders.ByteFallback(), decoders.Metaspace(prepend_scheme="first")]
        )


class PieceTokens(FittedText):
    """The trained form of :class:`Pieces`: a ``tokenizer`` and the ``length`` of a row."""

    def __init__(
        self, encoding: Pieces, tokenizer: Tokenizer, length: int, notes: tuple[str, ...] = ()
    ) -> None:
        self.encoding, self.notes = encoding, notes
        self.tokenizer, self.length = tokenizer, length

    @property
    def blocks(self) -> list[Block]:
        return [Block("token", self.length, levels=self.tokenizer.get_vocab_size())]

    def rows(self, columns: Sequence[np.ndarray]) -> np.ndarray:
        """Return whole numbers ``(n, length)``: the first piece, then each text and its end."""
        result = np.zeros((len(columns[0]), self.length), dtype=np.int64)
        result[:, 0] = FIRST
        ends = np.ones(len(result), dtype=np.int64)
        for cells in columns:
            for row, found in enumerate(self._encoded(cells)):
                ids = [*found, BETWEEN][: self.length - ends[row]]
                result[row, ends[row] : ends[row] + len(ids)] = ids
                ends[row] += len(ids)
        return result

    def _encoded(self, cells: np.ndarray) -> list[list[int]]:
        return [one.ids for one in self.tokenizer.encode_batch(_shortened(cells))]

    def names(self, columns: Sequence[str]) -> list[str]:
        return [f"piece{i}" for i in range(self.length)]

    def texts(self, rows: np.ndarray, columns: Sequence[str]) -> dict[str, list[str]]:
        result: dict[str, list[str]] = {name: [] for name in columns}
        for row in rows.astype(np.int64):
            row = row[row != PAD][1:]
            ends = [*np.flatnonzero(row == BETWEEN), len(row)]
            starts = [0, *[end + 1 for end in ends]]
            for i, name in enumerate(columns):
                part = row[starts[i] : ends[i]] if i < len(ends) else row[:0]
                result[name].append(self.text_of(part))
        return result

    def text_of(self, row: Sequence[int]) -> str:
        """Return the text of a row, without the pieces that only mark something."""
        return self.tokenizer.decode([int(i) for i in row if i >= len(SPECIAL)])

    def to_state(self) -> tuple[Facts, dict[str, np.ndarray]]:
        text = json.dumps(json.loads(self.tokenizer.to_str()), sort_keys=True)
        return {"tokenizer": text, "length": self.length}, {}


def _shortened(cells: np.ndarray) -> list[str]:
    return [text[:MOST_CHARACTERS] for text in filled(cells)]


def _counts(tokenizer: Tokenizer, cells: np.ndarray) -> np.ndarray:
    """Return the pieces of each text, its end among them."""
    found = tokenizer.encode_batch_fast(_shortened(cells))
    return np.array([len(one) + 1 for one in found])
