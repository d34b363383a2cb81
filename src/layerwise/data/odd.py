"""Text that only looks like numbers or dates is refused, by column, row and cure."""

from __future__ import annotations

import polars as pl

from .._errors import DataError
from .marks import (
    DAY,
    DAY_OR_TIME,
    LEADING_ZEROS,
    LOOKS,
    LOOSE,
    MISSING_IN_NUMBERS,
    MOST_UNITS,
    PLAIN,
    UNIT_OF,
    UNITS,
    Look,
)
from .where import Where

_ROWS, _DIFFERENT = 50, 0.95  # of an identifier
FEW = 20  # different values that may be categories although they look like numbers
_FEWEST, _SURELY, _STRAY, _SLIPS = 5, 3, 2, 0.02
DATES = "Drop the column, or turn it into numbers (days since a fixed day; month; weekday)."


def hardly_repeat(text: pl.Series) -> bool:
    """Whether cells are so many and so different that they name their rows."""
    known = text.drop_nulls()
    return len(known) >= _ROWS and known.n_unique() > _DIFFERENT * len(known)


def are_codes(text: pl.Series) -> bool:
    """Whether leading zeros say that the cells name something."""
    return bool(text.str.contains(LEADING_ZEROS).any())


def refuse_odd(text: pl.Series, where: Where) -> None:
    """Refuse text that holds numbers or dates in a form that cannot be read."""
    _refuse_dates(text, where)
    if are_codes(text):
        return
    plain = text.str.contains(PLAIN).fill_null(False)
    marks = text.str.to_lowercase().is_in(list(MISSING_IN_NUMBERS)).fill_null(False)
    looks = [(look, _like(text, look)) for look in LOOKS]
    like = _any(plain, looks)
    every = bool((like | marks | text.is_null()).all()) and bool((like & ~plain).any())
    if not every:
        looks += [(look, _like(text, look)) for look in LOOSE]
        like = _any(plain, looks)
        if not (_measured(text, like, marks) or _rare(text, like, marks) or _many(text, like)):
            return
    stray = text.is_not_null() & ~like & ~marks
    _complain(text, stray if bool(stray.any()) else like & ~plain, looks, where)


def _measured(text: pl.Series, like: pl.Series, marks: pl.Series) -> bool:
    """Whether there are fractions beside hardly any word: no categories, however few."""
    others = text.filter(~like & ~marks & text.is_not_null()).n_unique()
    return others <= _STRAY and bool((like & text.str.contains(r"[0-9][.,][0-9]")).any())


def _rare(text: pl.Series, like: pl.Series, marks: pl.Series) -> bool:
    """Whether a word or two stand among so many numbers that they are slips, and no category."""
    stray = text.filter(~like & ~marks & text.is_not_null())
    few = 0 < len(stray) <= _SLIPS * text.count() and stray.n_unique() <= _FEWEST
    return few and text.filter(like).n_unique() > 1


def _like(text: pl.Series, look: Look) -> pl.Series:
    found = text.str.contains(look.pattern).fill_null(False)
    if look is not UNITS or not found.any():
        return found
    units = text.filter(found).str.extract(UNIT_OF).n_unique()
    return found if units <= MOST_UNITS else found & False


def _any(plain: pl.Series, looks: list[tuple[Look, pl.Series]]) -> pl.Series:
    result = plain
    for _, found in looks:
        result = result | found
    return result


def _complain(
    text: pl.Series, odd: pl.Series, looks: list[tuple[Look, pl.Series]], where: Where
) -> None:
    row, count = odd.arg_max() or 0, int(odd.sum())
    look = next((look for look, found in looks if found[row]), None)
    names = "If these are names, put a letter before each, or drop the column."
    what = f" ({look.what})" if look else ""
    said = f"numbers, except for {count:,} of {text.count():,} cells; the first is {text[row]!r} "
    said += f"in {where(row)}{what}"
    if look is not None and count == text.count():
        said = f"{look.what} ({text[row]!r} in {where(row)})"
    raise DataError(
        f"Column {text.name!r} holds {said}.",
        look.cure
        if look
        else f"Mend those cells, or leave them empty if the value is missing. {names}",
    )


def _refuse_dates(text: pl.Series, where: Where) -> None:
    day = text.str.contains(DAY).fill_null(False)
    date = text.str.contains(DAY_OR_TIME).fill_null(False)
    marks = text.str.to_lowercase().is_in(list(MISSING_IN_NUMBERS))
    every = bool(day.any()) and bool((date | marks.fill_null(True)).all())
    if not (every or (date.any() and _many(text, date))):
        return
    row = date.arg_max() or 0
    share = "" if every else f" in {int(date.sum()):,} of {text.count():,} cells"
    if not day.any():
        if (date | marks.fill_null(True)).all():
            share = ""
        raise DataError(
            f"Column {text.name!r} holds times{share} ({text[row]!r} in {where(row)}).",
            "Drop the column, or turn it into numbers (minutes since midnight).",
        )
    raise DataError(
        f"Column {text.name!r} holds dates or times{share} ({text[row]!r} in {where(row)}).",
        DATES,
    )


def _many(text: pl.Series, like: pl.Series) -> bool:
    """Whether so many different cells look alike that they are no categories."""
    filled = text.drop_nulls()
    these = text.filter(like)
    distinct, others = these.n_unique(), filled.n_unique() - these.n_unique()
    if distinct > _SURELY and len(these) < 2 * distinct and others <= distinct:
        return True  # hardly two are the same: no categories, however few
    if distinct <= min(FEW, max(_FEWEST, len(filled) // 2)):
        return False
    return 2 * len(these) >= len(filled) or distinct >= others


def told_of_digits(text: pl.Series) -> list[str]:
    """Return a note on a column of categories most of which hold digits and hardly repeat: it may
    be numbers in a form that is not known here."""
    filled = text.drop_nulls()
    distinct = filled.n_unique()
    if distinct <= min(FEW, max(_FEWEST, len(filled) // 2)):
        return []
    digits = filled.str.contains(r"[\p{Nd}]")
    if 2 * int(digits.sum()) < len(filled):
        return []
    return [
        f"Column {text.name!r} holds {distinct:,} different texts with digits in {len(text):,} "
        f"rows ({filled.filter(digits)[0]!r}): they were taken for names. If they are numbers, "
        "write them as numbers."
    ]
