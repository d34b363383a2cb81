"""The files of a model folder, verified before anything is believed of them."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load as from_bytes

from .._commit import current
from .._durable import Facts
from .._errors import FileError, ModelError
from .._json import MOST_BYTES, parsed
from .._regular import read_regular
from .format import DESCRIPTION, FORMAT, FORMAT_VERSION, WEIGHTS, digest_of

_FOREIGN = {
    b"\x80": "a pickle",
    b"PK\x03\x04": "a zip file (torch.save or npz)",
    b"\x93NUMPY": "a numpy array",
    b"\x89HDF": "an HDF5 file",
}


_HINT = "Take a copy of the folder that is whole."
_MOST_HEADER = 8 * 2**20  # that of a thousand plain stages with their heads has 0.7 MiB
_RETRIES = 3


def opened(folder: Path) -> tuple[Facts, bytes]:
    """Return what ``model.json`` says and the bytes of the weights, once their hashes hold; of a
    model that is being replaced, the old ones or the new ones."""
    for attempt in range(_RETRIES):
        description = description_of(folder)
        try:
            return description, weights_bytes(folder, description)
        except ModelError:
            if attempt + 1 == _RETRIES or description_of(folder) == description:
                raise
    raise AssertionError


def description_of(folder: Path) -> Facts:
    """Return what ``model.json`` says, once its digest holds."""
    path, hint = folder / DESCRIPTION, "Give the folder that save or --out wrote."
    try:
        if not os.path.lexists(current(path)):
            raise ModelError(
                f"{str(folder)[:80]!r} is no model folder: it has no {DESCRIPTION}.", hint
            )
        description = parsed(_bytes_of(path, MOST_BYTES), DESCRIPTION)
    except FileError as error:
        raise ModelError(
            error.message, "The file is damaged; take a copy of the folder that is whole."
        ) from error
    except ModelError:
        raise
    except ValueError as error:  # a NUL in the path
        raise ModelError(f"{str(folder)[:80]!r} is no model folder: {error}.", hint) from error
    if not isinstance(description, dict) or description.get("format") != FORMAT:
        raise ModelError(
            f"{str(path)!r} is not a description of a Layerwise model.",
            "Give the folder that save or --out wrote.",
        )
    version = description.get("format_version")
    if type(version) is not int or version != FORMAT_VERSION:
        raise ModelError(
            f"{str(path)!r} has the format version {version!r}; this "
            f"Layerwise reads {FORMAT_VERSION}.",
            "Update layerwise.",
        )
    if description.get("digest") != digest_of(description):
        raise ModelError(
            f"{str(path)!r} was changed after it was written (its digest does not match).", _HINT
        )
    return description


def weights_bytes(folder: Path, description: Facts) -> bytes:
    """Return the bytes of the weights, once their hash holds."""
    path, expected = folder / WEIGHTS, description.get("weights")
    if not isinstance(expected, dict) or type(expected.get("bytes")) is not int:
        raise ModelError(f"{DESCRIPTION} does not describe the weights.", _HINT)
    try:
        data = _bytes_of(path, expected["bytes"])
    except FileError as error:
        raise ModelError(
            f"{str(folder)!r} has no {WEIGHTS} of {expected['bytes']:,} bytes, as {DESCRIPTION} "
            f"says, that can be read: {error.message}",
            _HINT,
        ) from error
    if hashlib.sha256(data).hexdigest() != expected.get("sha256"):
        kind = next((name for magic, name in _FOREIGN.items() if data.startswith(magic)), None)
        what = (
            f"is {kind}, not safetensors"
            if kind
            else f"is damaged: {len(data):,} bytes with another SHA-256 than {DESCRIPTION} says"
        )
        raise ModelError(f"{str(path)!r} {what}.", f"{_HINT[:-1]}; nothing was loaded.")
    return data


def tensors_of(data: bytes) -> dict[str, torch.Tensor]:
    """Return the tensors of a safetensors file by name."""
    size = int.from_bytes(data[:8], "little")
    try:
        if size > min(_MOST_HEADER, len(data) - 8):
            raise FileError(f"its header says that it has {size:,} bytes")
        parsed(data[8 : 8 + size], WEIGHTS)  # a name that occurs twice, among others
        return from_bytes(data)
    except (SafetensorError, FileError) as error:
        raise ModelError(f"{WEIGHTS} is not a safetensors file: {error}.", _HINT) from error


def _bytes_of(path: Path, most: int) -> bytes:
    """Return the bytes of a file where they are now; a commit may have moved it meanwhile."""
    place = current(path)
    try:
        return read_regular(place, most)
    except FileError:
        if current(path) == place:
            raise
        return read_regular(current(path), most)
