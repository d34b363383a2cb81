"""Numbers and text as people read them. ``None`` stands for a number that is missing or not
finite."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeGuard

from .._text import printable

MISSING = "\N{EN DASH}"
_MINUS = "\N{MINUS SIGN}"
_LONGEST = 20_000


def clean(value: object) -> Any:
    """Return the same plain data with unfit characters of every string replaced, and endless
    strings cut.

    >>> clean({"a\\x00": ["b\\ud800"]})
    {'a�': ['b�']}
    """
    if isinstance(value, str):
        text = printable(value)
        return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
    if isinstance(value, dict):
        return {clean(key): clean(item) for key, item in value.items()}
    return [clean(item) for item in value] if isinstance(value, list) else value


def short(text: object, length: int = 300) -> str:
    """Return one line of at most ``length`` characters; a longer one loses its middle, for long
    names differ at their ends.

    >>> short("temperature sensor 17", 12)
    'temper…or 17'
    """
    line = " ".join(str(text).split()) or "\N{NO-BREAK SPACE}"
    tail = (length - 1) // 2
    return (
        line if len(line) <= length else line[: length - 1 - tail] + "…" + line[len(line) - tail :]
    )


def is_number(value: object) -> TypeGuard[float]:
    """Say whether this is a finite number (and no bool)."""
    return (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and abs(value) < 1e300
        and math.isfinite(value)
    )


def floats(values: Sequence[object]) -> list[float]:
    """Return numbers that can be plotted; anything else becomes NaN."""
    return [float(v) if is_number(v) and abs(v) < 1e30 else math.nan for v in values]


def number(value: object, digits: int = 4) -> str:
    """Return a count with thousands apart, or ``digits`` significant digits.

    >>> [number(60000), number(0.123456), number(2.5e-7), number(1234.5678), number(None)]
    ['60,000', '0.1235', '2.5e-7', '1,235', '–']
    """
    if not is_number(value):
        return MISSING if value is None or isinstance(value, float) else short(value)
    if isinstance(value, int) and abs(value) < 10**15:
        return f"{value:,}".replace("-", _MINUS)
    value = float(value)
    if value and not 1e-4 <= abs(value) < 1e9:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        return f"{mantissa.rstrip('0').rstrip('.').replace('-', _MINUS)}e{int(exponent)}"
    places = max(0, digits - 1 - math.floor(math.log10(abs(value)))) if value else 0
    text = f"{value:,.{places}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", _MINUS)


_NAMES = {
    "macro_f1": "macro F1",
    "auc": "AUC",
    "ece": "calibration error",
    "brier": "Brier score",
    "r2": "R²",
    "r^2": "R²",
    "r2_score": "R²",
    "pinball": "pinball loss",
}


def is_share(metric: str) -> bool:
    """Say whether a metric is a share of rows, to be read in percent."""
    return metric.lower().replace("_", " ") in ("accuracy", "balanced accuracy")


def metric_name(metric: str) -> str:
    """Return a metric's name for people.

    >>> metric_name("balanced_accuracy"), metric_name("r2"), metric_name("macro_f1")
    ('balanced accuracy', 'R²', 'macro F1')
    """
    return _NAMES.get(metric.lower()) or short(metric.replace("_", " "))


def is_higher_better(facts: dict[str, Any]) -> bool:
    """Return the direction of a metric: higher is better unless the facts say otherwise."""
    return facts.get("higher_is_better") is not False


def better(higher: bool) -> str:
    """Say in words which way a metric points."""
    return "higher is better" if higher else "lower is better"


def score(value: object, metric: str = "accuracy") -> str:
    """Return a metric's value: percent for a share of rows, else three or more digits.

    >>> score(0.9412), score(0.8731, "r2"), score(12.3456, "root_mean_squared_error")
    ('94.12 %', '0.873', '12.35')
    """
    if not is_number(value):
        return MISSING
    if is_share(metric):
        return f"{100 * value:.2f} %".replace("-", _MINUS)
    return (
        f"{value:.3f}".replace("-", _MINUS)
        if 0.0005 <= abs(value) < 10 or value == 0
        else number(value, 2 if abs(value) < 1 else 4)
    )


def gain(value: object, metric: str = "accuracy") -> str:
    """Return a gain, with its sign: positive is better, whatever the metric.

    >>> gain(0.0142), gain(-0.02, "r2")
    ('+1.42 points', '−0.020')
    """
    if not is_number(value):
        return MISSING
    sign = "+" if value > 0 else ""
    return (
        f"{sign}{100 * value:.2f} points".replace("-", _MINUS)
        if is_share(metric)
        else sign + score(value, metric)
    )


def duration(seconds: object) -> str:
    """Return a time that people can read.

    >>> [duration(s) for s in (0.04, 9.87, 75, 7325)]
    ['0.04 s', '9.9 s', '1 min 15 s', '2 h 2 min']
    """
    if not is_number(seconds):
        return MISSING
    if seconds < 1:
        return f"{seconds:.2g} s"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60:,} h {minutes % 60} min"
