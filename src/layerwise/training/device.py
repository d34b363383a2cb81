"""Where and how exactly numbers are computed."""

from __future__ import annotations

import torch

from .._checks import check_name
from .._errors import ParameterError


def device_of(name: str) -> torch.device:
    """Return the device of a name; 'auto' takes a GPU where there is one.

    Raises
    ------
    ParameterError
        When the device is not there; the message names those that are.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    there = ["cpu", *(f"cuda:{i}" for i in range(torch.cuda.device_count()))]
    if name not in there and not (name == "cuda" and len(there) > 1):
        raise ParameterError(
            f"There is no device {name!r} here.", f"Devices: {', '.join(there)}; or 'auto'."
        )
    return torch.device(name)


def precision_of(name: str, device: torch.device) -> torch.dtype | None:
    """Return the type of automatic mixed precision, or None for float32; 'auto' takes bfloat16
    where the device has it."""
    check_name("an estimator", "precision", name, ("float32", "bfloat16", "auto"))
    fast = device.type != "cpu" or torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return torch.bfloat16 if name == "bfloat16" or (name == "auto" and fast) else None
