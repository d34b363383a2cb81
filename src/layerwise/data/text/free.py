"""Which columns of words hold free text, rather than categories or names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

FEWEST = 5  # cells, from which something can be told
DIFFERENT, LONG, SEVERAL = 0.5, 30, 0.5


def is_free(text: pl.Series) -> bool:
    """Whether cells are texts of several words that hardly repeat.

    More than half of the cells are different, they are longer than 30 bytes in the mean, and more
    than half hold a space or a letter beyond ASCII (a script without spaces has three bytes a
    letter, and more in a word).

    >>> import polars as pl
    >>> is_free(pl.Series([f"a question, as long as that, number {i}" for i in range(9)]))
    True
    >>> is_free(pl.Series(["never married", "divorced"] * 9))
    False
    """
    filled = text.drop_nulls()
    filled = filled.filter(filled.str.strip_chars() != "")
    if len(filled) < FEWEST or filled.n_unique() <= DIFFERENT * len(filled):
        return False
    length = float(filled.str.len_bytes().mean() or 0)  # type: ignore[arg-type]
    several = float(filled.str.contains(r"\s|[^\x00-\x7F]").mean() or 0)  # type: ignore[arg-type]
    return length > LONG and several > SEVERAL
