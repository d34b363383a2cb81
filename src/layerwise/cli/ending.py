"""How the command ends: an exit code and, for a fault, a few words; never a traceback for a user's error."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import typer

from .._errors import LayerwiseError, ParameterError

FAILURE, USAGE = 1, 2
_ClickException: Any = typer.BadParameter.__mro__[2]


class Terminated(BaseException):
    """SIGTERM arrived."""


def ended(run: Callable[[], Any], as_json: bool) -> int:
    """Run something and return the exit code, having told what went wrong."""
    signal.signal(signal.SIGTERM, _terminate)
    try:
        code = run()
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except typer.Exit as stop:
        return stop.exit_code
    except _ClickException as error:
        return _tell("usage", error.format_message(), "See layerwise --help.", USAGE, as_json)
    except LayerwiseError as error:
        return _tell(error.kind, error.message, error.hint, USAGE if isinstance(error, ParameterError) else FAILURE, as_json)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader has gone: nothing more to say to it
        return FAILURE
    except (KeyboardInterrupt, typer.Abort):
        return _tell("interrupted", "Interrupted; nothing more was written.", "", 130, as_json)
    except Terminated:
        return _tell("interrupted", "Terminated; nothing more was written.", "", 143, as_json)
    except MemoryError:
        return _tell(
            "memory",
            "There is not enough memory for these rows and this network.",
            "Use fewer rows or smaller widths.",
            FAILURE,
            as_json,
        )
    except ValueError as error:  # scikit-learn's own words on rows that cannot be used
        return _tell("data", str(error), "", FAILURE, as_json)


def _tell(kind: str, message: str, hint: str, code: int, as_json: bool) -> int:
    if as_json:
        print(json.dumps({"error": {"kind": kind, "message": message, "hint": hint}}))
    else:
        print(f"layerwise: {message}", file=sys.stderr)
        if hint:
            print(f"  {hint}", file=sys.stderr)
    return code


def _terminate(number: int, frame: Any) -> None:
    raise Terminated
