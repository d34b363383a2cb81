"""A text as the tokens of an encoder that somebody else has trained."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._checks import check_int
from ..._durable import Facts
from ..._errors import DataError, FileError, ModelError
from ..._space import Block
from ..._spec import register
from .encoding import FittedText, TextEncoding, filled

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_MOST_BYTES = 64 * 2**20  # of a tokenizer; the largest known have 17 million
_SHIFTED = ("camembert", "mpnet", "roberta", "xlm-roberta")  # whose places begin at 2
_STEP, _COVERED = 8, 0.99
_MOST_CHARACTERS = 20_000


@register
@dataclass(frozen=True, repr=False)
class PretrainedPieces(TextEncoding):
    """Texts as the tokens that an encoder's own tokenizer makes of them; 0 fills up a short one.

    Columns of text are joined by a space. A saved model holds the tokenizer, and needs the folder
    no more.

    Parameters
    ----------
    folder : str
        With ``tokenizer.json`` and ``config.json``.
    length : int, optional
        Tokens of a row at most; longer texts are cut, and it is told. By default what 99 % of the
        rows need, as far as the encoder can read.

    Raises
    ------
    FileError, ModelError
        In ``fit``, when the folder has no tokenizer that can be read.

    References
    ----------
    Wolf et al. (2020), "Transformers: state-of-the-art natural language processing" (the files of a
    folder).

    Examples
    --------
    >>> import json
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from layerwise import Pieces, PretrainedPieces
    >>> texts = np.array(["a card", "a lost card"] * 5, dtype=object)
    >>> tokenizer = Pieces(500).fit([texts]).tokenizer
    >>> folder = Path(tempfile.mkdtemp())
    >>> tokenizer.save(str(folder / "tokenizer.json"))
    >>> config = {"vocab_size": tokenizer.get_vocab_size()}
    >>> written = (folder / "config.json").write_text(json.dumps(config))
    >>> PretrainedPieces(str(folder)).fit([texts]).rows([texts]).shape
    (10, 8)
    """

    folder: str = field(default="", compare=False)
    _: KW_ONLY
    length: int | None = None

    def __post_init__(self) -> None:
        check_int(self, "length", self.length, 4, optional=True)

    def fit(self, columns: Sequence[np.ndarray]) -> BorrowedTokens:
        tokenizer, levels, offset, most = read_tokenizer(self.folder)
        texts = joined(columns)
        counts = np.array([len(one) for one in tokenizer.encode_batch_fast(texts)])
        wanted = -(-int(np.quantile(counts, _COVERED)) // _STEP) * _STEP
        length = min(self.length or max(_STEP, wanted), most)
        notes = []
        cut = int((counts > length).sum())
        if cut:
            notes.append(
                f"{cut:,} of {len(counts):,} texts are longer than {length} tokens, and are cut "
                f"there (the longest has {counts.max():,})."
            )
        return BorrowedTokens(self, tokenizer, levels, offset, length, tuple(notes))

    def restored(self, plain: Facts, arrays: dict[str, np.ndarray], count: int) -> BorrowedTokens:
        if arrays:
            raise DataError(f"The file has, beyond the model, the tensor {next(iter(arrays))}.")
        tokenizer = tokenizer_of(plain["tokenizer"])
        levels, offset = int(plain["levels"]), int(plain["offset"])
        if tokenizer.get_vocab_size() + offset > levels or offset not in (0, 1):
            raise DataError("The tokenizer has more tokens than the model knows.")
        return BorrowedTokens(self, tokenizer, levels, offset, plain["length"])

    def to_dict(self) -> dict[str, Any]:
        """Return this value as plain data, without the folder: the tokenizer is kept elsewhere."""
        return super().to_dict() | {"folder": ""}


class BorrowedTokens(FittedText):
    """The form of :class:`PretrainedPieces` that was looked up: ``tokenizer``, how many ``levels``
    there are, what is added to each (``offset``), and the ``length`` of a row."""

    def __init__(
        self,
        encoding: PretrainedPieces,
        tokenizer: Tokenizer,
        levels: int,
        offset: int,
        length: int,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.encoding, self.notes = encoding, notes
        self.tokenizer, self.levels, self.offset, self.length = tokenizer, levels, offset, length

    @property
    def blocks(self) -> list[Block]:
        return [Block("token", self.length, levels=self.levels)]

    def rows(self, columns: Sequence[np.ndarray]) -> np.ndarray:
        """Return whole numbers ``(n, length)``."""
        self.tokenizer.enable_truncation(self.length)
        found = self.tokenizer.encode_batch_fast(joined(columns))
        self.tokenizer.no_truncation()
        result = np.zeros((len(found), self.length), dtype=np.int64)
        for row, one in enumerate(found):
            ids = one.ids
            result[row, : len(ids)] = ids
            result[row, : len(ids)] += self.offset
        return result

    def names(self, columns: Sequence[str]) -> list[str]:
        return [f"token{i}" for i in range(self.length)]

    def texts(self, rows: np.ndarray, columns: Sequence[str]) -> dict[str, list[str]]:
        back = [self.tokenizer.decode([int(i) - self.offset for i in row if i > 0]) for row in rows]
        return {name: back if i == 0 else [""] * len(back) for i, name in enumerate(columns)}

    def to_state(self) -> tuple[Facts, dict[str, np.ndarray]]:
        text = json.dumps(json.loads(self.tokenizer.to_str()), sort_keys=True)
        plain = {"tokenizer": text, "length": self.length}
        return plain | {"levels": self.levels, "offset": self.offset}, {}


def read_tokenizer(folder: str) -> tuple[Tokenizer, int, int, int]:
    """Return the tokenizer of a folder, how many levels its encoder knows, what is added to a
    token so that padding is 0, and the longest text that the encoder reads.

    Raises
    ------
    FileError, ModelError
    """
    if not folder:
        raise ModelError(
            "The tokenizer is in the model folder alone, not in a folder of its own.",
            "Give PretrainedPieces(FOLDER) to learn anew.",
        )
    place = Path(folder)
    path = place / "tokenizer.json"
    if not path.is_file():
        raise FileError(
            f"{folder!r} has no tokenizer.json.",
            "Name a folder with a fast tokenizer, as transformers' save_pretrained writes it.",
        )
    if path.stat().st_size > _MOST_BYTES:
        raise ModelError(
            f"{str(path)!r} has {path.stat().st_size:,} bytes; a tokenizer has at most "
            f"{_MOST_BYTES:,}.",
            "It is something else.",
        )
    tokenizer = tokenizer_of(path.read_text(encoding="utf-8"))
    config = _json(place / "config.json")
    config = config.get("text_config", config) if config.get("model_type") == "clip" else config
    offset = 0 if config.get("pad_token_id", 0) == 0 else 1
    shifted = config.get("model_type") in _SHIFTED
    most = int(config.get("max_position_embeddings", 512)) - 2 * shifted
    own = _json(place / "sentence_bert_config.json").get("max_seq_length")
    levels = int(config["vocab_size"]) + offset
    if tokenizer.get_vocab_size() + offset > levels:
        raise ModelError(
            f"The tokenizer of {folder!r} has {tokenizer.get_vocab_size():,} tokens, its encoder "
            f"{levels - offset:,}.",
            "Take a folder whose files belong together.",
        )
    return tokenizer, levels, offset, min(most, int(own or most))


def tokenizer_of(text: str) -> Tokenizer:
    """Return the tokenizer that JSON describes, without padding and cutting.

    Raises
    ------
    DataError
        When it cannot be read.
    """
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_str(text)
    except Exception as error:  # its own errors have no class
        raise DataError(f"The file holds no tokenizer that can be read: {error}.") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def joined(columns: Sequence[np.ndarray]) -> list[str]:
    """Return the texts of each row in one."""
    parts = [filled(cells) for cells in columns]
    rows = zip(*parts, strict=True)
    return [" ".join(filter(None, row))[:_MOST_CHARACTERS] for row in rows]


def _json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
