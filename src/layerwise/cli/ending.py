"""How the command ends: an exit code and, for a fault, a few words; never a traceback for a user's
error."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import warnings
from collections.abc import Callable
from types import FrameType
from typing import Any

import typer

from .._errors import LayerwiseError, ParameterError
from .._text import printable

FAILURE, USAGE, INTERRUPTED, TERMINATED = 1, 2, 130, 143
_ClickException: Any = typer.BadParameter.__mro__[2]


class Terminated(BaseException):
    """SIGTERM arrived."""


class Left(BaseException):
    """A command was left as it is meant to be left, by a signal; it has told what is there.

    Parameters
    ----------
    code : int
        To leave with.
    """

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def ended(run: Callable[[], object], as_json: bool) -> int:
    """Run something and return the exit code, having told what went wrong."""
    signal.signal(signal.SIGTERM, _terminate)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show
            code = run()
        if sys.stdout is not None:
            sys.stdout.flush()
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except typer.Exit as stop:
        code = stop.exit_code
    except Left as stop:
        return stop.code
    except Terminated:
        return _tell(
            "interrupted", "Terminated; nothing more was written.", "", TERMINATED, as_json
        )
    except Exception as error:
        return _tell(*_words_for(error), as_json)
    if code == INTERRUPTED:
        return _tell(
            "interrupted", "Interrupted; nothing more was written.", "", INTERRUPTED, as_json
        )
    return code if isinstance(code, int) else 0


def _words_for(error: Exception) -> tuple[str, str, str, int]:
    """Return kind, message, hint and exit code of a fault of the user's or the machine's; raise
    what is ours."""
    if isinstance(error, _ClickException):
        return "usage", error.format_message(), "See layerwise --help.", USAGE
    if isinstance(error, LayerwiseError):
        return (
            error.kind,
            error.message,
            error.hint,
            USAGE if isinstance(error, ParameterError) else FAILURE,
        )
    if isinstance(error, MemoryError) or _is_torchs_memory(error):
        return (
            "memory",
            "There is not enough memory for these rows and this network.",
            "Use fewer rows or smaller widths.",
            FAILURE,
        )
    if isinstance(error, OSError):
        _silence_output()
        return (
            "file",
            f"{error.strerror or error}{f': {error.filename!r}' if error.filename else ''}.",
            "",
            FAILURE,
        )
    if type(error).__name__ == "InvalidParameterError":  # scikit-learn's own words on a setting
        return "parameter", str(error), "", USAGE
    if isinstance(error, ValueError):  # scikit-learn's own words on rows that cannot be used
        return "data", str(error), "", FAILURE
    raise error


def _is_torchs_memory(error: Exception) -> bool:
    return isinstance(error, RuntimeError) and any(
        words in str(error) for words in ("allocate memory", "out of memory")
    )


def _silence_output() -> None:
    """Send what is still buffered nowhere: the reader has gone, or the disk is full."""
    if sys.stdout is not None:
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell(kind: str, message: str, hint: str, code: int, as_json: bool) -> int:
    if as_json and sys.stdout is not None:
        print(json.dumps({"error": {"kind": kind, "message": message, "hint": hint}}))
    elif sys.stderr is not None:
        print(printable(f"layerwise: {message}"), file=sys.stderr)
        if hint:
            print(printable(f"  {hint}"), file=sys.stderr)
    return code


def _show(message: Warning | str, *place: object, **settings: object) -> None:
    """Tell a warning in its words alone."""
    if sys.stderr is not None:
        print(printable(f"layerwise: {message}"), file=sys.stderr)


def _terminate(number: int, frame: FrameType | None) -> None:
    raise Terminated
