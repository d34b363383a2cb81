"""Whether the pretrained weights arrived, and how far fine-tuning moved them."""

from __future__ import annotations

import torch
from torch import nn

from .._durable import Facts
from ..architecture import StackModule


def transfer_report(
    pretrained: StackModule | None, start: StackModule, end: StackModule
) -> list[Facts]:
    """Return a row per stage.

    ``start_difference`` is the norm of (weights when fine-tuning began - pretrained weights): 0
    when they arrived, None for a start from random weights (``pretrained`` is None). ``moved`` is
    the norm of (end - start) over the norm of the start. Only what encodes counts.
    """
    rows = []
    for i, (b, c) in enumerate(zip(start.stages, end.stages, strict=True)):
        begun, ended = _weights(b), _weights(c)
        before = None if pretrained is None else _weights(pretrained.stages[i])
        rows.append(
            {
                "layer": f"stage {i + 1}",
                "start_difference": None if before is None else float((begun - before).norm()),
                "moved": float((ended - begun).norm() / begun.norm().clamp_min(1e-12)),
            }
        )
    return rows


def _weights(stage: nn.Module) -> torch.Tensor:
    kept = [p.detach().flatten() for name, p in stage.named_parameters() if "decoder_" not in name]
    return torch.cat(kept) if kept else torch.zeros(0)  # pooling has no weights
