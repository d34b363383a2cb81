"""Checks of one value each, with scikit-learn's wording."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable
from typing import cast

from ._errors import ParameterError, did_you_mean

_LARGEST = 1e300  # NaN and infinity compare as larger or not at all


def check_number(
    owner: object,
    name: str,
    value: object,
    low: float,
    high: float = math.inf,
    *,
    open_low: bool = False,
    optional: bool = False,
) -> None:
    """Raise unless ``value`` is a real number in the range."""
    if optional and value is None:
        return
    real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    number = cast(float, value)  # looked at only where it is real
    if (
        not real
        or not max(low, -_LARGEST) <= number <= min(high, _LARGEST)
        or (open_low and number == low)
    ):
        bracket = ")" if math.isinf(high) else "]"
        span = f"{'(' if open_low else '['}{low:g}, {high:g}{bracket}"
        raise _wrong(
            owner, name, f"a number in the range {span}{' or None' if optional else ''}", value
        )


def check_int(owner: object, name: str, value: object, low: int, *, optional: bool = False) -> None:
    """Raise unless ``value`` is an integer of at least ``low``."""
    if optional and value is None:
        return
    if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value < low:
        raise _wrong(
            owner, name, f"an int in the range [{low}, inf){' or None' if optional else ''}", value
        )


def check_bool(owner: object, name: str, value: object) -> None:
    """Raise unless ``value`` is True or False."""
    if not isinstance(value, bool):
        raise _wrong(owner, name, "True or False", value)


def check_name(owner: object, name: str, value: object, known: Iterable[str]) -> None:
    """Raise unless ``value`` is one of the known names."""
    names = list(known)
    if value not in names:
        error = _wrong(owner, name, f"one of {', '.join(map(repr, names))}", value)
        raise ParameterError(error.message, did_you_mean(value, names))


def check_kind(
    owner: object, name: str, value: object, kinds: type | tuple[type, ...], expected: str
) -> None:
    """Raise unless ``value`` is an instance of one of the kinds."""
    if not isinstance(value, kinds):
        raise _wrong(owner, name, expected, value)


def _wrong(owner: object, name: str, expected: str, value: object) -> ParameterError:
    where = owner if isinstance(owner, str) else type(owner).__name__
    return ParameterError(
        f"The {name!r} parameter of {where} must be {expected}. Got {value!r} instead."
    )
