"""Warnings about rows become notes of the command."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any, TypeVar, cast

from .._errors import DataWarning

Run = TypeVar("Run", bound=Callable[..., Any])


def telling(run: Run) -> Run:
    """Let a workflow with ``say`` say each ``DataWarning`` once; other warnings stay warnings."""

    @functools.wraps(run)
    def told(*given: Any, **settings: Any) -> Any:
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            result = run(*given, **settings)
        say = settings.get("say", lambda note: None)
        for text in dict.fromkeys(str(w.message) for w in heard if _is_ours(w)):
            say(text)
        for other in heard:
            if not _is_ours(other):
                warnings.warn_explicit(other.message, other.category, other.filename, other.lineno)
        return result

    return cast(Run, told)


def _is_ours(heard: warnings.WarningMessage) -> bool:
    return issubclass(heard.category, DataWarning)
