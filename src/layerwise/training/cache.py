"""Codes of a frozen prefix, computed once."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from .._contracts import Source
from ..architecture import StackModule, StageModule
from ..data.sources import ArraySource, lengths_in

BLOCK_ROWS = StageModule.block_rows
MEMORY_SHARE = 0.25  # of the machine's memory; larger codes go to a memory-mapped file


def encoded(prefix: StackModule, source: Source, device: torch.device) -> ArraySource:
    """Return a source of the prefix's codes of clean rows, in evaluation mode; labels and weights
    are those of the rows.

    Codes are computed in fixed padded blocks, so that a row's code does not depend on its
    neighbours.
    """
    space = prefix.code_space
    codes = _room((len(source), *space.shape))
    was_training = prefix.training
    prefix.eval()
    with torch.no_grad():
        for rows in in_turn(source, prefix.block_rows):
            x = source.take(rows).x.to(device)
            codes[torch.from_numpy(rows)] = in_block(prefix.encode, x, prefix.block_rows).cpu()
    prefix.train(was_training)
    labels, weights = _beside(source)
    return ArraySource(codes, space, labels, weight=weights)


def in_block(
    function: Callable[[Tensor], Tensor], x: Tensor, block_rows: int = BLOCK_ROWS
) -> Tensor:
    """Apply a function to at most ``block_rows`` rows, padded to exactly so many."""
    n = len(x)
    if n < block_rows:
        x = torch.cat([x, x.new_zeros(block_rows - n, *x.shape[1:])])
    return function(x)[:n]


def in_turn(source: Source, size: int) -> Iterator[np.ndarray]:
    """Yield the rows of a source in blocks; rows of tokens with others of like length."""
    lengths = lengths_in(source)
    order = np.arange(len(source)) if lengths is None else lengths.argsort(kind="stable")
    for start in range(0, len(order), size):
        yield order[start : start + size]


def _beside(source: Source) -> tuple[Tensor | None, Tensor | None]:
    """Return the labels and the weights of all rows, in their order."""
    parts = [
        source.take(np.arange(start, min(start + BLOCK_ROWS, len(source))))
        for start in range(0, len(source), BLOCK_ROWS)
    ]
    return _joined([part.y for part in parts]), _joined([part.weight for part in parts])


def _joined(parts: Sequence[Tensor | None]) -> Tensor | None:
    there = [part for part in parts if part is not None]
    return torch.cat(there) if there else None


def _room(shape: tuple[int, ...]) -> Tensor:
    count = int(np.prod(shape))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if count * 4 <= memory * MEMORY_SHARE:
        return torch.empty(shape)
    # the map keeps its pages; the name is gone already
    with tempfile.TemporaryFile(prefix="layerwise-codes-") as file:
        os.posix_fallocate(file.fileno(), 0, 4 * count)  # a full disk says so now, not by a signal
        return torch.from_numpy(np.memmap(file, dtype=np.float32, mode="w+", shape=shape))
