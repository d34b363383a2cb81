"""Plain data and tensors in one file, known by its hash."""

from __future__ import annotations

import hashlib
import json
from typing import Any, TypeAlias

import torch
from safetensors.torch import load as from_bytes
from safetensors.torch import save as to_bytes
from torch import Tensor

# Plain data by name, nested, with tensors among it
Tree: TypeAlias = dict[str, Any]

_MAGIC = b"layerwise checkpoint 1\n"
_PLACE = "tensor number"  # stands in the plain data where a tensor was


class Damaged(Exception):
    """A file that is not whole."""


def packed(tree: Tree) -> bytes:
    """Return a tree as bytes: a first line, the SHA-256 of the rest, and a safetensors file whose
    metadata hold the plain data."""
    tensors: dict[str, Tensor] = {}
    text = json.dumps(_plain(tree, tensors))
    body = to_bytes(tensors, metadata={"tree": text})
    return _MAGIC + hashlib.sha256(body).hexdigest().encode() + b"\n" + body


def unpacked(data: bytes) -> Tree:
    """Return the tree of :func:`packed`; tuples have become lists.

    Raises
    ------
    Damaged
        When a byte is missing or another.
    """
    head = len(_MAGIC) + 65
    digest, body = data[len(_MAGIC) : head - 1], data[head:]
    if not data.startswith(_MAGIC) or hashlib.sha256(body).hexdigest().encode() != digest:
        raise Damaged
    length = int.from_bytes(body[:8], "little")
    text = json.loads(body[8 : 8 + length])["__metadata__"]["tree"]
    return dict(_with(json.loads(text), from_bytes(body)))


def _plain(value: Any, tensors: dict[str, Tensor]) -> Any:
    """Return a value without its tensors, which are put aside by number."""
    if isinstance(value, Tensor):
        name = str(len(tensors))
        tensors[name] = value.detach().to("cpu", copy=True).contiguous()
        return {_PLACE: name}
    if isinstance(value, dict):
        return {name: _plain(item, tensors) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, tensors) for item in value]
    return value.item() if hasattr(value, "item") else value


def _with(value: Any, tensors: dict[str, Tensor]) -> Any:
    if isinstance(value, dict):
        if set(value) == {_PLACE}:
            return tensors[value[_PLACE]].clone(memory_format=torch.contiguous_format)
        return {name: _with(item, tensors) for name, item in value.items()}
    return [_with(item, tensors) for item in value] if isinstance(value, list) else value
