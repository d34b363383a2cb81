"""The files of a model folder, verified before anything is believed of them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load as from_bytes

from .._durable import Facts, read_json
from .._errors import FileError, ModelError
from .format import DESCRIPTION, FORMAT, FORMAT_VERSION, WEIGHTS, digest_of

_FOREIGN = {
    b"\x80": "a pickle",
    b"PK\x03\x04": "a zip file (torch.save or npz)",
    b"\x93NUMPY": "a numpy array",
    b"\x89HDF": "an HDF5 file",
}


def description_of(folder: Path) -> Facts:
    """Return what ``model.json`` says, once its digest holds."""
    path, hint = folder / DESCRIPTION, "Give the folder that save or --out wrote."
    try:
        if not path.is_file():
            raise ModelError(f"{str(folder)!r} is no model folder: it has no {DESCRIPTION}.", hint)
        description = read_json(path)
    except FileError as error:
        raise ModelError(
            error.message, "The file is damaged; take a copy of the folder that is whole."
        ) from error
    except OSError as error:
        raise ModelError(
            f"{str(folder)[:80]!r} is no model folder: {error.strerror}.", hint
        ) from error
    if not isinstance(description, dict) or description.get("format") != FORMAT:
        raise ModelError(
            f"{str(path)!r} is not a description of a Layerwise model.",
            "Give the folder that save or --out wrote.",
        )
    if description.get("format_version") != FORMAT_VERSION:
        raise ModelError(
            f"{str(path)!r} has the format version {description.get('format_version')!r}; this "
            f"Layerwise reads {FORMAT_VERSION}.",
            "Update layerwise.",
        )
    if description.get("digest") != digest_of(description):
        raise ModelError(
            f"{str(path)!r} was changed after it was written (its digest does not match).",
            "Take a copy of the folder that is whole.",
        )
    return description


def weights_bytes(folder: Path, description: Facts) -> bytes:
    """Return the bytes of the weights, once their hash holds."""
    path = folder / WEIGHTS
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"{str(folder)!r} has no {WEIGHTS} that can be read: {error.strerror}.",
            "Take a copy of the folder that is whole.",
        ) from error
    expected = description.get("weights")
    if not isinstance(expected, dict):
        raise ModelError(
            f"{DESCRIPTION} does not describe the weights.",
            "Take a copy of the folder that is whole.",
        )
    if hashlib.sha256(data).hexdigest() != expected.get("sha256"):
        kind = next((name for magic, name in _FOREIGN.items() if data.startswith(magic)), None)
        what = (
            f"is {kind}, not safetensors"
            if kind
            else f"is damaged: {len(data):,} bytes with another SHA-256 than {DESCRIPTION} says"
        )
        raise ModelError(
            f"{str(path)!r} {what}.", "Take a copy of the folder that is whole; nothing was loaded."
        )
    return data


def tensors_of(data: bytes) -> dict[str, torch.Tensor]:
    """Return the tensors of a safetensors file by name."""
    try:
        return from_bytes(data)
    except SafetensorError as error:
        raise ModelError(
            f"{WEIGHTS} is not a safetensors file: {error}.",
            "Take a copy of the folder that is whole.",
        ) from error
