"""Where and how exactly numbers are computed."""

from __future__ import annotations

import functools
import math
import os
import time

import torch

from .._checks import check_name
from .._errors import ParameterError
from .checkpoint import current

FASTER = 1.3  # times, from which bfloat16 is taken: other work must not decide it
ROUNDS, PRODUCTS = 4, 3
ANSWER = "LAYERWISE_BFLOAT16"  # 1 or 0


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
    """Return the type of automatic mixed precision, or None for float32; 'auto' takes bfloat16 on
    a GPU, and on a processor whose products are faster with it."""
    check_name("an estimator", "precision", name, ("float32", "bfloat16", "auto"))
    if name == "auto":
        return torch.bfloat16 if device.type != "cpu" or bfloat16_pays() else None
    return torch.bfloat16 if name == "bfloat16" else None


def bfloat16_pays() -> bool:
    """Say whether this processor multiplies matrices of a usual size clearly faster with bfloat16:
    many that can do it are slower with it. It is timed once; processes that this one starts take
    its answer (``LAYERWISE_BFLOAT16``), so that all of a study compute alike, and training that
    goes on takes that of when it began."""
    checkpoint = current()
    return _pays() if checkpoint is None else bool(checkpoint.remembered("bfloat16", _pays))


@functools.cache
def _pays() -> bool:
    if not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return False
    if (known := os.environ.get(ANSWER)) in ("0", "1"):
        return known == "1"
    single, half = product_seconds()
    pays = single > FASTER * half
    os.environ[ANSWER] = "1" if pays else "0"
    return pays


def product_seconds() -> tuple[float, float]:
    """Return the seconds of a product of 256 x 512 x 512, conversion included, with float32 and
    with bfloat16: the fastest of some that alternate."""
    x, weight = torch.ones(256, 512), torch.full((512, 512), 0.5)
    best = [math.inf, math.inf]
    with torch.no_grad():
        for turn in range(2 * ROUNDS):
            with torch.autocast("cpu", torch.bfloat16, enabled=bool(turn % 2)):
                began = time.perf_counter()
                for _ in range(PRODUCTS):
                    torch.nn.functional.linear(x, weight)
                took = (time.perf_counter() - began) / PRODUCTS
            best[turn % 2] = min(best[turn % 2], took)
    return best[0], best[1]
