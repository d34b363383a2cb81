"""What every form of text is, before and after it was fitted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp

from ..._durable import Facts
from ..._errors import DataError
from ..._space import Block
from ..._spec import Spec, from_dict


class FittedText(ABC):
    """How the texts of a table become features, as it was learned (abstract).

    ``notes`` says in sentences what is lost.
    """

    encoding: TextEncoding
    sparse: bool = False
    notes: tuple[str, ...] = ()

    @property
    @abstractmethod
    def blocks(self) -> list[Block]:
        """Return the kinds of the features."""

    @abstractmethod
    def rows(self, columns: Sequence[np.ndarray]) -> Any:
        """Return the features of columns of texts ``(n,)``, None where one is missing: a CSR matrix
        of float32, or an array of int64, ``(n, d)``."""

    @abstractmethod
    def names(self, columns: Sequence[str]) -> list[str]:
        """Return a name for each feature."""

    @abstractmethod
    def texts(self, rows: np.ndarray, columns: Sequence[str]) -> dict[str, list[str]]:
        """Return the columns of texts that features ``(n, d)`` stand for, as far as they tell."""

    @abstractmethod
    def to_state(self) -> tuple[Facts, dict[str, np.ndarray]]:
        """Return what was learned as plain data and as arrays, whose names begin with
        ``text_``."""


class TextEncoding(Spec, ABC):
    """A value that learns from texts how they become features (abstract)."""

    @abstractmethod
    def fit(self, columns: Sequence[np.ndarray]) -> FittedText:
        """Learn from columns of texts ``(n,)``, None where one is missing."""

    @abstractmethod
    def restored(self, plain: Facts, arrays: dict[str, np.ndarray], count: int) -> FittedText:
        """Return what was learned of ``count`` columns from what ``to_state`` returned: a file is
        not to be believed.

        Raises
        ------
        DataError
            When plain data and arrays do not belong together.
        """


def state_of_text(fitted: FittedText, columns: list[str]) -> tuple[Facts, dict[str, np.ndarray]]:
    """Return how texts become features as plain data and arrays."""
    learned, arrays = fitted.to_state()
    plain: Facts = {"columns": columns, "encoding": fitted.encoding.to_dict(), "learned": learned}
    return plain, arrays


def text_of_state(plain: Facts, arrays: dict[str, np.ndarray]) -> tuple[FittedText, list[str]]:
    """Return what :func:`state_of_text` described: a file is not to be believed.

    Raises
    ------
    DataError
        When plain data and arrays do not belong together.
    """
    encoding = from_dict(plain["encoding"])
    if not isinstance(encoding, TextEncoding):
        raise DataError(f"{encoding!r} is no form of text.")
    columns: list[str] = plain["columns"]
    return encoding.restored(plain["learned"], arrays, len(columns)), columns


def beside(rows: np.ndarray, texts: Any) -> Any:
    """Return other features and those of texts in one: a CSR matrix where texts are sparse."""
    if sp.issparse(texts):
        parts = [sp.csr_array(rows), texts] if rows.shape[1] else [texts]
        return sp.csr_array(sp.hstack(parts, format="csr", dtype=np.float32))
    return np.concatenate([rows, texts.astype(np.float32)], axis=1) if rows.shape[1] else texts


def filled(cells: np.ndarray) -> list[str]:
    """Return texts with "" where one is missing."""
    return ["" if cell is None else str(cell) for cell in cells.tolist()]
