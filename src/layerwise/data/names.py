"""Names of columns that are not all words."""

from __future__ import annotations

from typing import Any

from .._errors import DataError


def with_word_names(X: Any) -> Any:
    """Return a data frame whose names are of several kinds (0, 'age') with all of them as words;
    others as they are: scikit-learn takes frames of words alone, and of numbers alone.

    Raises
    ------
    DataError
        When two names are the same word.
    """
    columns = list(getattr(X, "columns", ()))
    kinds = {isinstance(name, str) for name in columns}
    if kinds != {True, False}:
        return X
    words = [str(name) for name in columns]
    twice = sorted({word for word in words if words.count(word) > 1})
    if twice:
        raise DataError(
            f"The data frame has two columns {twice[0]!r}, one named by a number and one by a "
            "word.",
            "Rename one of them.",
        )
    return X.set_axis(words, axis=1)  # only pandas has such names
