"""A teacher: a copy of the network that no gradient reaches and that follows it."""

from __future__ import annotations

import math
from copy import deepcopy

import torch
from torch import nn

from .._contracts import Codec


class Teacher(nn.Module):
    """A copy of a codec and of heads on it; it is in evaluation mode and stays so.

    Parameters
    ----------
    codec : Codec
    *heads : nn.Module
    """

    def __init__(self, codec: Codec, *heads: nn.Module) -> None:
        super().__init__()
        assert isinstance(codec, nn.Module)
        self.codec = deepcopy(codec)
        self.heads = nn.ModuleList(deepcopy(head) for head in heads)
        self.requires_grad_(False).eval()

    def follow(
        self, momentum: float, codec: Codec, *heads: nn.Module, average_statistics: bool = False
    ) -> None:
        """Let every weight become ``momentum * its own + (1 - momentum) * the student's``.

        Batch statistics, which are averages already, are the student's, so that those of the random
        start are soon gone; or, with ``average_statistics``, averaged as the weights are: what goes
        with an average of networks that have learned for a while.
        """
        assert isinstance(codec, nn.Module)
        with torch.no_grad():
            for own, student in zip((self.codec, *self.heads), (codec, *heads), strict=True):
                for mine, theirs in zip(own.parameters(), student.parameters(), strict=True):
                    mine.lerp_(theirs.detach(), 1.0 - momentum)
                for kept, new in zip(own.buffers(), student.buffers(), strict=True):
                    if average_statistics and kept.is_floating_point():
                        kept.lerp_(new, 1.0 - momentum)
                    else:
                        kept.copy_(new)

    def replace(self, codec: Codec, *heads: nn.Module) -> None:
        """Put this teacher's weights in the place of the student's."""
        assert isinstance(codec, nn.Module)
        for own, student in zip((self.codec, *self.heads), (codec, *heads), strict=True):
            student.load_state_dict(own.state_dict())


def rising(start: float, end: float, share: float) -> float:
    """Return the value at a share of the phase on a half cosine from ``start`` to ``end``.

    >>> rising(0.9, 1.0, 0.0), rising(0.9, 1.0, 1.0)
    (0.9, 1.0)
    """
    return end - (end - start) * (math.cos(math.pi * share) + 1) / 2
