"""Texts: examples and what tells in them, mistakes, neighbours, lengths."""

from __future__ import annotations

from .._durable import Facts
from . import plots
from .formats import is_number, number, short
from .limits import MOST

_SHOWN = 300  # characters
_TELLING = 0.02  # of probability, below which a word is not marked


def texts(part: Facts) -> Facts | None:
    """Return what the template shows of texts, or None where there are none."""
    if not part.get("column"):
        return None
    lengths = part.get("lengths") or {}
    return {
        "column": part["column"],
        "examples": [_example(one) for one in (part.get("examples") or [])[: MOST["rows"]]],
        "confusions": [
            {
                "true": short(one.get("true"), 60),
                "predicted": short(one.get("predicted"), 60),
                "count": _times(one.get("count")),
                "texts": [short(text, _SHOWN) for text in one.get("texts") or []],
            }
            for one in (part.get("confusions") or [])[: MOST["rows"]]
        ],
        "nearest": [
            {name: short(one.get(name), _SHOWN) for name in ("text", "before", "after")}
            for one in (part.get("nearest") or [])[: MOST["rows"]]
        ],
        "lengths": plots.histogram(
            "lengths", lengths.get("edges") or [], lengths.get("counts") or [], "words of a text"
        ),
        "median": number(lengths.get("median")),
    }


def _times(count: object) -> str:
    return "once" if count == 1 else f"{number(count)} times"


def _example(one: Facts) -> Facts:
    """Return an example: its words, each with the space behind it, how strongly it is marked, from
    0 to 100, and whether it speaks against the answer."""
    pairs = [(str(word), fall) for word, fall in one.get("words") or [] if is_number(fall)]
    largest = max((abs(fall) for _, fall in pairs), default=0.0)
    words = [
        (
            word.rstrip(),
            word[len(word.rstrip()) :],
            round(100 * min(1.0, abs(fall) / largest)) if abs(fall) >= _TELLING else 0,
            fall < 0,
        )
        for word, fall in pairs
    ]
    probability = one.get("probability")
    return {
        "true": short(one.get("true"), 60),
        "predicted": short(one.get("predicted"), 60),
        "right": one.get("true") == one.get("predicted"),
        "probability": f"{100 * probability:.0f} %" if is_number(probability) else "",
        "words": words,
        "more": bool(one.get("more")),
    }
