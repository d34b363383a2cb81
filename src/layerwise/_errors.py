"""The exceptions of Layerwise.

::

    LayerwiseError
    ├── ParameterError (ValueError)    a setting is unknown or out of its range
    │   └── PairingError               two settings do not go together
    ├── DataError (ValueError)         rows, columns or labels cannot be used
    │   └── FileError                  a file cannot be read; names the file and the place in it
    ├── CheckpointError (ValueError)   a folder keeps another training than the one that is to go on
    ├── ModelError (ValueError)        a model folder is damaged, foreign or too new
    └── TrainingError (RuntimeError)   training cannot go on (a loss that is not finite)

    DataWarning (UserWarning)          rows lie outside of what was learned from
    TrainingWarning (UserWarning)      training went on and came to nothing (a loss that grew)
    LabelWarning (UserWarning)         labels that are probably not meant as they stand

Every message says what was given, what was expected and, as ``hint``, what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class LayerwiseError(Exception):
    """Base of every error that Layerwise raises on purpose.

    Parameters
    ----------
    message : str
        What was given and what was expected.
    hint : str, optional
        What to do next.
    """

    kind = "layerwise"

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message} {hint}".strip())
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[type[LayerwiseError], tuple[str, str]]:
        return type(self), (self.message, self.hint)


class ParameterError(LayerwiseError, ValueError):
    """A setting is unknown or out of its range."""

    kind = "parameter"


class PairingError(ParameterError):
    """Two settings that do not go together."""

    kind = "pairing"


class DataError(LayerwiseError, ValueError):
    """Rows, columns or labels that cannot be used."""

    kind = "data"


class FileError(DataError):
    """A file that cannot be read."""

    kind = "file"


class CheckpointError(LayerwiseError, ValueError):
    """A folder that keeps another training than the one that is to go on."""

    kind = "checkpoint"


class ModelError(LayerwiseError, ValueError):
    """A model folder that is damaged, foreign or too new."""

    kind = "model"


class TrainingError(LayerwiseError, RuntimeError):
    """Training that cannot go on."""

    kind = "training"


class DataWarning(UserWarning):
    """Rows that a model answers for, but that lie outside of what it has learned from."""


class TrainingWarning(UserWarning):
    """Training that went on to its end and diverged."""


class LabelWarning(UserWarning):
    """Labels that are probably not meant as they stand."""


def did_you_mean(name: object, known: Iterable[object]) -> str:
    """Return a sentence with the closest known name, or the list of known names.

    >>> did_you_mean("sigmoyd", ["relu", "sigmoid"])
    "Did you mean 'sigmoid'?"
    >>> did_you_mean("x", ["relu", "sigmoid"])
    "Known: 'relu', 'sigmoid'."
    """
    names = [str(item) for item in known]
    same = [known for known in names if known.casefold() == str(name).casefold()]
    close = same or difflib.get_close_matches(str(name), names, n=1)
    if close:
        return f"Did you mean {close[0]!r}?"
    shown = ", ".join(repr(item) for item in names[:30])
    return f"Known: {shown}{', ...' if len(names) > 30 else ''}."
