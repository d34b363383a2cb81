"""Schedules: which stages are trained in which phase, for how many epochs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from .._checks import check_int
from .._errors import ParameterError
from .._spec import Spec, register


class Phase(NamedTuple):
    """Train stages ``first`` to ``last`` (both included) for some epochs; the stages below are
    frozen."""

    first: int
    last: int
    epochs: int


@dataclass(frozen=True, repr=False)
class Schedule(Spec, ABC):
    """Base of the schedules: a frozen value that lists phases for a depth.

    Parameters
    ----------
    epochs : int or tuple of int
        Epochs of every phase, or of each phase in turn; at least 0.
    """

    epochs: int | tuple[int, ...] = 20

    def __post_init__(self) -> None:
        if isinstance(self.epochs, list):
            object.__setattr__(self, "epochs", tuple(self.epochs))
        for epochs in self.epochs if isinstance(self.epochs, tuple) else (self.epochs,):
            check_int(self, "epochs", epochs, 0)

    @abstractmethod
    def spans(self, depth: int) -> list[tuple[int, int]]:
        """Return the (first, last) stages of each phase."""

    def phases(self, depth: int) -> Iterator[Phase]:
        """Yield the phases for a stack of ``depth`` stages.

        Raises
        ------
        ParameterError
            When ``epochs`` lists another number of phases than there are, or a span names stages
            that are not there.
        """
        spans = self.spans(depth)
        for span in spans:
            self._check_span(span, depth)
        epochs = self.epochs if isinstance(self.epochs, tuple) else (self.epochs,) * len(spans)
        if len(epochs) != len(spans):
            raise ParameterError(
                f"{self!r} lists epochs for {len(epochs)} phases; a stack of {depth} stages has "
                f"{len(spans)}.",
                "Give one number, or one per phase.",
            )
        yield from (Phase(first, last, n) for (first, last), n in zip(spans, epochs, strict=True))

    def _check_span(self, span: tuple[int, int], depth: int) -> None:
        """A span holds stages of the stack, or none of them: ``(first, first - 1)``."""
        whole = len(span) == 2 and all(type(end) is int for end in span)
        if not whole or not (0 <= span[0] <= depth and span[0] - 1 <= span[1] < depth):
            raise ParameterError(
                f"{self!r} spans the stages {span!r}; a stack of {depth} has the stages 0 to "
                f"{depth - 1}.",
                "Let spans(depth) return pairs (first, last) with 0 <= first, last < depth and "
                "first <= last + 1.",
            )


@register
@dataclass(frozen=True, repr=False)
class Greedy(Schedule):
    """One stage at a time, from the input up; the trained ones below are frozen.

    Bengio, Lamblin, Popovici and Larochelle (2007), "Greedy layer-wise training of deep networks".

    >>> list(Greedy(2).phases(2))
    [Phase(first=0, last=0, epochs=2), Phase(first=1, last=1, epochs=2)]
    """

    def spans(self, depth: int) -> list[tuple[int, int]]:
        return [(i, i) for i in range(depth)]


@register
@dataclass(frozen=True, repr=False)
class Progressive(Schedule):
    """Grow by one encode and one decode layer at a time; the whole grown autoencoder is trained at
    each step.

    >>> list(Progressive((5, 3)).phases(2))
    [Phase(first=0, last=0, epochs=5), Phase(first=0, last=1, epochs=3)]
    """

    def spans(self, depth: int) -> list[tuple[int, int]]:
        return [(0, i) for i in range(depth)]


@register
@dataclass(frozen=True, repr=False)
class Joint(Schedule):
    """All stages at once, end to end.

    >>> list(Joint(50).phases(3))
    [Phase(first=0, last=2, epochs=50)]
    """

    def spans(self, depth: int) -> list[tuple[int, int]]:
        return [(0, depth - 1)]


@register
@dataclass(frozen=True, repr=False)
class HeadOnly(Schedule):
    """No stage: only what the objective itself learns (the head), on top of frozen codes.

    >>> list(HeadOnly(5).phases(3))
    [Phase(first=3, last=2, epochs=5)]
    """

    def spans(self, depth: int) -> list[tuple[int, int]]:
        return [(depth, depth - 1)]


@register
@dataclass(frozen=True, repr=False)
class Unfreeze(Schedule):
    """One stage more at a time, from the top down.

    Howard and Ruder (2018), "Universal language model fine-tuning for text classification" (gradual
    unfreezing).

    >>> list(Unfreeze(3).phases(2))
    [Phase(first=1, last=1, epochs=3), Phase(first=0, last=1, epochs=3)]
    """

    def spans(self, depth: int) -> list[tuple[int, int]]:
        return [(first, depth - 1) for first in reversed(range(depth))]
