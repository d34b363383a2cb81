"""What objectives of consistency share."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from ..._checks import check_kind, check_number
from ..._contracts import Batch, Codec
from ..._errors import PairingError
from ..._random import At
from ..._space import Space
from ...augmentation import Augmentation, Suited, view_of
from ..collapse import guessed
from ..objective import Objective, Terms
from ..supervised import Head, Supervised

RAMP = 0.3  # of the phase, over which the weight of an early guess rises


@dataclass(frozen=True, repr=False)
class Consistency(Objective):
    """Base of ``supervised(labelled rows) + weight * (what should not change)(all rows)``
    (abstract).

    Each step takes a batch of all rows and, beside it, labelled ones; what ``parts`` returns goes
    through the network with them, so that they share the statistics of a batch. An epoch is one
    pass over all rows.

    The history has ``classes_guessed``: over how many classes the answers to rows without labels
    are spread, less one, by those of the labels, less one. Below 0.1 in a phase's last epoch a
    warning tells that guesses may have taught themselves.

    Parameters
    ----------
    supervised : Supervised, default Supervised()
        Its ``augment`` and ``mix`` change the labelled rows; a control arm is this alone.
    weight : float
        Of the unlabelled term, at least 0.
    ratio : float
        Rows of all for each labelled one in a step, above 0.
    """

    needs: ClassVar[str] = "both"
    paced_by: ClassVar[str] = "rows"
    level: ClassVar[str] = "data"

    supervised: Supervised = Supervised()
    _: KW_ONLY
    weight: float = 1.0
    ratio: float = 4.0

    def __post_init__(self) -> None:
        check_kind(self, "supervised", self.supervised, Supervised, "Supervised(...)")
        check_number(self, "weight", self.weight, 0.0)
        check_number(self, "ratio", self.ratio, 0.0, open_low=True)

    @property
    def least_rows(self) -> int:
        return self.supervised.least_rows

    def check(self, codec: Codec, target: Space | None) -> None:
        self.supervised.check(codec, target)
        if target is not None and target.kind != "category":
            raise PairingError(
                f"{self!r} compares probabilities of classes; the targets are numbers.",
                "Use it in PretrainedClassifier.",
            )
        for augmentation in self.augmentations(codec.in_space):
            augmentation.check(codec.in_space)

    def augmentations(self, space: Space) -> tuple[Augmentation, ...]:
        return self.supervised.augmentations(space)

    def state_key(self) -> object:
        return self.supervised.state_key()

    def head_widths(self) -> tuple[int, ...]:
        return self.supervised.head

    def init(
        self, codec: Codec, target: Space | None, generator: torch.Generator
    ) -> nn.Module | None:
        return self.supervised.init(codec, target, generator)

    def loss(
        self, codec: Codec, state: nn.Module | None, batch: Batch, at: At
    ) -> tuple[Tensor, Terms]:
        assert batch.other is not None
        space = codec.in_space
        head = head_of(state)
        x, mixed = self.supervised.seen(batch.x, space, at, training=head.training)
        parts = self.parts(batch.other.x, space, at)
        outputs = self.supervised.outputs(codec, head, torch.cat([x, *parts]), at)
        sizes = [len(x), *[len(part) for part in parts]]
        own, *others = outputs.float().split(sizes)
        supervised = self.supervised.loss_of(own, batch, mixed)
        term, terms = self.unlabelled(codec, state, batch.other, others, at)
        said = guessed(others[0].softmax(1), batch.y) if others else {}
        terms = {"supervised": supervised.detach(), "consistency": term.detach()} | terms | said
        return supervised + self.weight * term, terms

    def parts(self, x: Tensor, space: Space, at: At) -> tuple[Tensor, ...]:
        """Return what of the rows the network sees, each ``(n, *in)``."""
        raise NotImplementedError

    def unlabelled(
        self, codec: Codec, state: nn.Module | None, rows: Batch, outputs: list[Tensor], at: At
    ) -> tuple[Tensor, Terms]:
        """Return the unlabelled term, and terms for the history; ``outputs`` are those of
        ``parts``."""
        raise NotImplementedError

    def validation(self, codec: Codec, state: nn.Module | None, batch: Batch, at: At) -> Tensor:
        return self.supervised.validation(codec, head_of(state), batch, at)


def weak_of(given: Augmentation | None, supervised: Supervised) -> Augmentation:
    """Return the augmentation that was given, else that of the labelled rows, else what suits the
    data."""
    return given or supervised.augment or Suited()


def view(augmentation: Augmentation, x: Tensor, space: Space, at: At, name: str) -> Tensor:
    """Return a view of rows without labels; its stream has a name of its own."""
    return view_of(augmentation, x, space, at.stream("unlabelled", name))


def head_of(state: nn.Module | None) -> Head:
    """Return the head of a state that holds more, or is the head."""
    head = state if isinstance(state, Head) else getattr(state, "head", None)
    assert isinstance(head, Head)
    return head


def ramp(share: float, over: float = RAMP) -> float:
    """Return ``exp(-5 (1 - t)**2)`` with t the share of the ramp that is done.

    Laine and Aila (2017), "Temporal ensembling for semi-supervised learning".

    >>> round(ramp(0.0), 4), ramp(1.0)
    (0.0067, 1.0)
    """
    return math.exp(-5.0 * (1.0 - min(1.0, share / over)) ** 2)


@contextmanager
def still_statistics(codec: Codec) -> Iterator[None]:
    """Let batch normalisation use the statistics of a batch inside the block without keeping
    them."""
    layers = [part for part in codec.modules() if isinstance(part, nn.modules.batchnorm._BatchNorm)]
    kept = [layer.momentum for layer in layers]
    for layer in layers:
        layer.momentum = 0.0
    try:
        yield
    finally:
        for layer, momentum in zip(layers, kept, strict=True):
            layer.momentum = momentum
