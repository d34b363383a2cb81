"""Codes of a frozen prefix, computed once."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .._contracts import Batch, Space

BLOCK_ROWS = 512
MEMORY_SHARE = 0.25  # of the machine's memory; larger codes go to a memory-mapped file


@dataclass(frozen=True)
class CodeSource:
    """The rows of a source with their codes in place of their inputs."""

    source: Any
    codes: Tensor
    space: Space

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, rows: np.ndarray) -> Batch:
        codes = self.codes.index_select(0, torch.from_numpy(rows))
        if getattr(self.source, "y", None) is None and getattr(self.source, "weight", None) is None:
            return Batch(codes, rows=rows)
        batch = self.source.take(rows)
        return replace(batch, x=codes, observed=None)


def encoded(prefix: Any, source: Any, device: torch.device) -> CodeSource:
    """Return a source of the prefix's codes of clean rows, in evaluation mode.

    Codes are computed in fixed padded blocks, so that a row's code does not depend on its
    neighbours.
    """
    space = prefix.code_space
    codes = _room((len(source), *space.shape))
    was_training = prefix.training
    prefix.eval()
    with torch.no_grad():
        for start in range(0, len(source), BLOCK_ROWS):
            rows = np.arange(start, min(start + BLOCK_ROWS, len(source)))
            codes[start : start + len(rows)] = in_block(
                prefix.encode, source.take(rows).x.to(device)
            ).cpu()
    prefix.train(was_training)
    return CodeSource(source, codes, space)


def in_block(function: Any, x: Tensor, block_rows: int = BLOCK_ROWS) -> Tensor:
    """Apply a function to at most ``block_rows`` rows, padded to exactly so many."""
    n = len(x)
    if n < block_rows:
        x = torch.cat([x, x.new_zeros(block_rows - n, *x.shape[1:])])
    return function(x)[:n]


def _room(shape: tuple[int, ...]) -> Tensor:
    count = int(np.prod(shape))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if count * 4 <= memory * MEMORY_SHARE:
        return torch.empty(shape)
    with tempfile.TemporaryFile(
        prefix="layerwise-codes-"
    ) as file:  # the map keeps its pages; the name is gone already
        return torch.from_numpy(np.memmap(file, dtype=np.float32, mode="w+", shape=shape))
