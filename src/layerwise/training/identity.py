"""What must be equal for a plan to go on where it was stopped."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from .._contracts import Batch, Source
from .._random import Keys
from .feed import Feed
from .plan import Step

_BLOCK = 4096  # rows


def identity(
    module: nn.Module,
    plan: Sequence[Step],
    feed: Feed,
    keys: Keys,
    device: torch.device,
    autocast: torch.dtype | None,
) -> dict[str, str]:
    """Return in words, or as hashes, what a plan is run on and with."""
    found = {
        "plan": repr(list(plan)),
        "seed": str(keys.seed),
        "part": " ".join(map(str, keys.path)),
        "stack": _of_weights(module),
        "device": str(device),
        "precision": "float32" if autocast is None else str(autocast).rpartition(".")[2],
        "threads": str(torch.get_num_threads()),
        "torch": torch.__version__,
    }
    needs = {objective.needs for step in plan for objective in step.objectives}
    sources = {
        "rows": feed.rows if needs & {"rows", "both"} else None,
        "labelled rows": feed.labelled if needs & {"labels", "both"} else None,
        "held-out rows": feed.held_out,
    }
    return found | {name: _of_rows(rows) for name, rows in sources.items() if rows is not None}


def _of_weights(module: nn.Module) -> str:
    """Return a hash of every name and value."""
    hashed = hashlib.blake2b(digest_size=32)
    for name, value in module.state_dict().items():
        hashed.update(name.encode())
        _add(hashed, value)
    return hashed.hexdigest()


def _of_rows(source: Source) -> str:
    """Return a hash of every row, with its label and weight, in their order."""
    hashed = hashlib.blake2b(digest_size=32)
    for start in range(0, len(source), _BLOCK):
        _add_batch(hashed, source.take(np.arange(start, min(start + _BLOCK, len(source)))))
    return hashed.hexdigest()


def _add_batch(hashed: hashlib.blake2b, batch: Batch) -> None:
    for value in (batch.x, batch.y, batch.observed, batch.weight):
        if value is not None:
            _add(hashed, value)


def _add(hashed: hashlib.blake2b, value: Tensor) -> None:
    hashed.update(f"{value.dtype} {tuple(value.shape)}".encode())
    hashed.update(value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
