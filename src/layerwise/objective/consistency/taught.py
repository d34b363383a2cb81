"""Consistency with a teacher: a moving average of the network that answers first."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..._contracts import Batch, Codec
from ..._random import At
from ..._space import Space
from ..objective import Objective
from ..supervised import Head
from ..teacher import Teacher
from .consistency import Consistency, head_of, still_statistics

WARM = 10  # steps, at first: the teacher is not to remember the random start


class Averaged(nn.Module):
    """A head, a teacher of codec and head, and the steps that it has followed."""

    done: Tensor

    def __init__(self, head: Head, codec: Codec) -> None:
        super().__init__()
        self.head = head.train()
        self.teacher = Teacher(codec, head)
        self.register_buffer("done", torch.zeros((), dtype=torch.int64))


@dataclass(frozen=True, repr=False)
class Taught(Consistency):
    """Base of consistency with what a teacher says (abstract); the teacher is what predicts
    afterwards. Where ``momentum_at`` is 0 all along, the network teaches itself."""

    @property
    def has_teacher(self) -> bool:
        raise NotImplementedError

    def momentum_at(self, share: float) -> float:
        """Return the teacher's momentum at a share of the phase."""
        raise NotImplementedError

    def init(
        self, codec: Codec, target: Space | None, generator: torch.Generator
    ) -> nn.Module | None:
        return self.resume(self.supervised.init(codec, target, generator), codec)

    def resume(self, state: nn.Module | None, codec: Codec) -> nn.Module | None:
        head = head_of(state)
        return Averaged(head, codec) if self.has_teacher else head

    def predictor(self, state: nn.Module | None) -> nn.Module:
        return head_of(state)

    def answer(self, codec: Codec, state: nn.Module | None, x: Tensor, at: At) -> Tensor:
        """Return what the teacher, or the network, says of rows, ``(n, classes)``, without
        gradients."""
        with torch.no_grad():
            if isinstance(state, Averaged):
                teacher = state.teacher
                return teacher.heads[0](teacher.codec.encode(x, at).flatten(1)).float()
            with still_statistics(codec):
                return self.supervised.outputs(codec, head_of(state), x, at).float()

    def after_step(self, codec: Codec, state: nn.Module | None, batch: Batch, at: At) -> None:
        if isinstance(state, Averaged):
            done = int(state.done)
            momentum = min(self.momentum_at(at.share), done / (done + WARM))
            state.teacher.follow(momentum, codec, state.head, average_statistics=True)
            state.done += 1

    def end(self, codec: Codec, state: nn.Module | None) -> None:
        if isinstance(state, Averaged):
            state.teacher.replace(codec, state.head)

    def validation(self, codec: Codec, state: nn.Module | None, batch: Batch, at: At) -> Tensor:
        if not isinstance(state, Averaged):
            return super().validation(codec, state, batch, at)
        head = state.teacher.heads[0]
        judged: Objective = self.supervised
        return judged.validation(state.teacher.codec, head, batch, at)
