"""What to write instead of a parameter of the wrong kind."""

from __future__ import annotations

import difflib
import inspect

from sklearn.utils._param_validation import InvalidParameterError, StrOptions

from .._errors import did_you_mean
from .._spec import Spec, registered
from ..objective import Objective
from ..schedule import Schedule
from ..training import OPTIMISERS

_KINDS: dict[str, type[Spec]] = {"objective": Objective, "schedule": Schedule}
_USUAL = {
    "objective": "Denoising()",
    "schedule": "Greedy(20)",
    "stack": "Stack.of_widths([64, 32])",
    "training": "Training('adam')",
    "pretrainer": "Pretrainer()",
}


def cured(
    error: InvalidParameterError, constraints: dict[str, list[object]], values: dict[str, object]
) -> InvalidParameterError:
    """Return scikit-learn's error on a parameter with a sentence on what to write instead, where
    there is one."""
    named = str(error).split("'")[1:2]
    name = named[0] if named else ""
    cure = cure_for(name, values[name], constraints.get(name, [])) if name in values else ""
    return InvalidParameterError(f"{error} {cure}".strip())


def cure_for(name: str, value: object, allowed: list[object]) -> str:
    """Return a sentence such as "Write objective=Denoising()." or ''.

    >>> cure_for("objective", "denoising", [])
    'Write objective=Denoising().'
    >>> cure_for("stack", [64, 32], [])
    'Write stack=Stack.of_widths([64, 32]).'
    """
    if isinstance(value, str):
        words = [word for one in allowed if isinstance(one, StrOptions) for word in one.options]
        if words:
            return did_you_mean(value, sorted(words))
    text = _instead(name, value)
    return f"Write {name}={text}." if text else ""


def _instead(name: str, value: object) -> str:
    if isinstance(value, type):
        return _call(value)
    if name == "stack" and _are_widths(value):
        widths = list(value) if isinstance(value, (list, tuple)) else [value]
        return f"Stack.of_widths({widths})"
    if isinstance(value, str):
        if name == "training":
            close = _closest(value, OPTIMISERS)
            return f"Training({close!r})" if close else _USUAL[name]
        if name in _KINDS:
            kinds = {kind.__name__: kind for kind in registered(_KINDS[name])}
            close = _closest(value, kinds)
            return _call(kinds[close]) if close else _USUAL[name]
    return _USUAL.get(name, "")


def _closest(word: str, names: object) -> str | None:
    lowered = {str(name).lower(): str(name) for name in names}  # type: ignore[attr-defined]
    close = difflib.get_close_matches(word.lower().replace("_", ""), lowered, n=1)
    return lowered[close[0]] if close else None


def _call(kind: type) -> str:
    """Return how a value of a class is written: with what must be given."""
    if issubclass(kind, Schedule):
        return f"{kind.__name__}(20)"
    needed = [
        one
        for one in inspect.signature(kind).parameters.values()
        if one.default is one.empty and one.kind is one.POSITIONAL_OR_KEYWORD
    ]
    return f"{kind.__name__}({'...' if needed else ''})"


def _are_widths(value: object) -> bool:
    items = value if isinstance(value, (list, tuple)) else [value]
    return bool(items) and all(isinstance(item, int) and item > 0 for item in items)
