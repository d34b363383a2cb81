"""What an objective is."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from .._contracts import Batch, Codec
from .._random import At
from .._space import Space
from .._spec import Spec
from ..augmentation import Augmentation

Terms = dict[str, Tensor]


class Objective(Spec, ABC):
    """A loss over a codec: a frozen value. What it learns beside the codec is its state, an
    ``nn.Module`` or None.

    What an objective is able to do, and what it needs, are properties; a subclass may also say
    them as plain class attributes (``level = "data"``). An objective that wraps others forwards
    theirs. Everything else asks the objective, never its class.
    """

    # What it is able to do, and what it needs

    @property
    def level(self) -> str:
        """'slice' where it works on the input of the trained slice (then codes can be cached),
        'data' where it needs the data themselves (views, masks of patches)."""
        return "slice"

    @property
    def needs(self) -> str:
        """'rows', 'labels' or 'both': whether it is fed with all rows, with the labelled rows, or
        with batches of both side by side."""
        return "rows"

    @property
    def paced_by(self) -> str:
        """'labels' or 'rows', where both are needed: which of the two an epoch is a pass over."""
        return "labels"

    @property
    def ratio(self) -> float:
        """Where both are needed: rows of all for each labelled one."""
        return 1.0

    @property
    def least_rows(self) -> int:
        """Rows below which a batch is of no use; a smaller last batch joins the one before."""
        return 2

    @property
    def trains_decoder(self) -> bool:
        """Whether the way back from the codes is trained too. Reconstructions and the errors that
        rows are scored by exist only where it was."""
        return False

    def head_widths(self) -> tuple[int, ...] | None:
        """Return the widths of the hidden layers of the head that predicts, or None where no labels
        are learned."""
        return None

    def augmentations(self, space: Space) -> tuple[Augmentation, ...]:
        """Return what makes the views that it learns from, of rows of a space; for pictures of
        them."""
        return ()

    def check(self, codec: Codec, target: Space | None) -> None:
        """Raise PairingError when this codec and this target cannot be trained so."""

    # Its state

    def state_key(self) -> object:
        """Return what must be equal for a later step of a plan to go on with this one's state."""
        return self

    def init(
        self, codec: Codec, target: Space | None, generator: torch.Generator
    ) -> nn.Module | None:
        """Return the state: parameters are trained, buffers are kept. A part that is in evaluation
        mode here (a teacher) stays in it."""
        return None

    def resume(self, state: nn.Module | None, codec: Codec) -> nn.Module | None:
        """Return the state to go on with from a step before of the same ``state_key``: that step's
        own state where its objective was equal, else what it predicts with."""
        return state

    def predictor(self, state: nn.Module | None) -> nn.Module | None:
        """Return what maps codes to outputs after training; by default the whole state."""
        return state

    # A step

    @abstractmethod
    def loss(
        self, codec: Codec, state: nn.Module | None, batch: Batch, at: At
    ) -> tuple[Tensor, Terms]:
        """Return the mean loss of the batch and named terms for the history."""

    def after_step(self, codec: Codec, state: nn.Module | None, batch: Batch, at: At) -> None:
        """Do what follows a step of the optimiser: move a teacher, fill a queue."""

    def end(self, codec: Codec, state: nn.Module | None) -> None:
        """Do what follows a phase: let the codec and the head take over a teacher's weights. What
        is held out is judged before it, so that ``validation`` judges by what is taken over."""

    def validation(self, codec: Codec, state: nn.Module | None, batch: Batch, at: At) -> Tensor:
        """Return what is compared over epochs on held-out rows: lower is better. By default the
        loss, as it is when the phase ends (``at.share`` is 1). What it changes in a buffer is
        undone. Where labelled and other rows are needed, ``batch.other`` holds the same rows."""
        with torch.enable_grad():  # a loss may differentiate by its input
            return self.loss(codec, state, batch, at)[0].detach()


def weighted_mean(values: Tensor, weight: Tensor | None) -> Tensor:
    """Return the mean over the rows, ``(n, ...) -> (...)``; ``weight`` is ``(n,)``."""
    if weight is None:
        return values.mean(0)
    shaped = weight.view(-1, *[1] * (values.ndim - 1))
    return (values * shaped).sum(0) / weight.sum().clamp_min(1e-12)
