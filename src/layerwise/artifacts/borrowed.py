"""What a description says of encoders that somebody else has trained."""

from __future__ import annotations

from typing import Any

from .._durable import Facts
from .._errors import ParameterError
from ..architecture.borrowed import facts_of


def shown(data: Any) -> Any:
    """Return plain data of a stack in which a borrowed encoder is named, and not told whole."""
    if isinstance(data, list):
        return [shown(item) for item in data]
    if not isinstance(data, dict):
        return data
    if data.get("type") == "Pretrained":
        known = {name: data[name] for name in ("pool", "weights") if name in data}
        return {"type": "Pretrained", "encoder": _named(data.get("facts"))} | known
    return {name: shown(value) for name, value in data.items()}


def origins(data: Any) -> list[str]:
    """Return a sentence on each borrowed encoder of a stack: its name, its kind, the hash of its
    weights, and its licence as far as its folder says."""
    if isinstance(data, list):
        return [line for item in data for line in origins(item)]
    if not isinstance(data, dict):
        return []
    if data.get("type") != "Pretrained":
        return [line for value in data.values() for line in origins(value)]
    try:
        facts = facts_of(str(data.get("facts")))
    except ParameterError:
        return []
    licence = " ".join(facts.licence.split()) or "not said"
    trained = "" if data.get("weights", True) else ", with random weights"
    return [
        f"{_plain(facts.name)} ({_plain(facts.kind)}){trained}, weights of SHA-256 "
        f"{_plain(facts.digest)}, licence: {_plain(licence)}"
    ]


def _named(facts: object) -> str:
    try:
        return facts_of(str(facts)).name
    except ParameterError:
        return "unreadable"


def _plain(text: Facts | str) -> str:
    """Return words without what a table or a terminal would take for its own."""
    return "".join(c for c in str(text) if c.isalnum() or c in " .,-_()/")[:200]
