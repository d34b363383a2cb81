"""Learn the labels through a head on top of the codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from itertools import pairwise
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .._checks import check_int, check_kind, check_number
from .._contracts import Batch, Codec
from .._errors import PairingError
from .._random import At, dropout
from .._space import Space
from .._spec import register
from ..architecture.initialisers import bare
from ..augmentation import Augmentation, Mixed, Mixing, view_of
from .objective import Objective, Terms, weighted_mean


@register
@dataclass(frozen=True, repr=False)
class Supervised(Objective):
    """Cross-entropy of a head's logits, or squared error of its outputs, averaged over the rows.

    Parameters
    ----------
    head : tuple of int, default ()
        Widths of the hidden ReLU layers between the code and the output: none, one or two.
    dropout : float, default 0.0
        Share of each hidden layer's units (the stages' codes and the head's) that is zeroed while
        fine-tuning, in [0, 1).
    input_dropout : float, default 0.0
        The same for the data.
    label_smoothing : float, default 0.0
        Probability mass that is spread evenly over the classes, in [0, 1). Numbers are not
        smoothed.
    augment : Augmentation, optional
        Every step sees views of the labelled rows instead of the rows; predictions and validation
        see the rows. Needs a phase that begins at the data.
    mix : Mixing, optional
        ``MixUp`` or ``CutMix``: rows and labels between two rows, after ``augment``.

    Raises
    ------
    PairingError
        When there are no labels, or rows are to be augmented or mixed in a phase that is trained
        on codes.

    References
    ----------
    Hinton, Osindero and Teh (2006), "A fast learning algorithm for deep belief nets" (fine-tuning a
    pretrained stack). Srivastava et al. (2014), "Dropout". Bengio et al. (2007) for the supervised
    greedy variant: this objective with ``Greedy``.

    Examples
    --------
    >>> from layerwise import Supervised
    >>> Supervised((100,), dropout=0.3)
    Supervised((100,), dropout=0.3)
    """

    needs: ClassVar[str] = "labels"

    head: tuple[int, ...] = ()
    _: KW_ONLY
    dropout: float = 0.0
    input_dropout: float = 0.0
    label_smoothing: float = 0.0
    augment: Augmentation | None = None
    mix: Mixing | None = None

    def __post_init__(self) -> None:
        check_kind(self, "head", self.head, (int, tuple, list), "a tuple of widths such as (100,)")
        object.__setattr__(
            self, "head", (self.head,) if isinstance(self.head, int) else tuple(self.head)
        )
        check_kind(self, "head", len(self.head) <= 2 or self.head, bool, "at most two widths")
        for width in self.head:
            check_int(self, "head", width, 1)
        for name in ("dropout", "input_dropout", "label_smoothing"):
            check_number(self, name, getattr(self, name), 0.0, 0.999)
        for name, kind, example in (
            ("augment", Augmentation, "an augmentation such as Masking(0.25)"),
            ("mix", Mixing, "MixUp(...) or CutMix(...)"),
        ):
            check_kind(self, name, getattr(self, name), (kind, type(None)), f"{example}, or None")

    @property
    def level(self) -> str:
        return "slice" if self.augment is None and self.mix is None else "data"

    def augmentations(self, space: Space) -> tuple[Augmentation, ...]:
        return () if self.augment is None else (self.augment,)

    def check(self, codec: Codec, target: Space | None) -> None:
        if self.input_dropout and codec.at_input and codec.in_space.holds("token"):
            raise PairingError(
                f"{self!r} drops numbers of the input, which holds tokens.",
                "Leave input_dropout out.",
            )
        if target is None:
            raise PairingError(
                f"{self!r} needs labels, and none were given.",
                "Use it in the plan of PretrainedClassifier or PretrainedRegressor.",
            )

        for change in (self.augment, self.mix):
            if change is not None:
                change.check(codec.in_space)

    def state_key(self) -> object:
        return ("head", self.head)

    def head_widths(self) -> tuple[int, ...]:
        return self.head

    def init(self, codec: Codec, target: Space | None, generator: torch.Generator) -> Head:
        assert target is not None  # check() has refused
        return Head(codec.code_space.size, self.head, target, generator)

    def loss(
        self, codec: Codec, state: nn.Module | None, batch: Batch, at: At
    ) -> tuple[Tensor, Terms]:
        assert isinstance(state, Head) and batch.y is not None
        x, mixed = self.seen(batch.x, codec.in_space, at, training=state.training)
        return self.loss_of(self.outputs(codec, state, x, at), batch, mixed), {}

    def seen(
        self, x: Tensor, space: Space, at: At, *, training: bool
    ) -> tuple[Tensor, Mixed | None]:
        """Return the rows as the network sees them, and how they were mixed."""
        if not training:
            return x, None
        x = view_of(self.augment, x, space, at.stream("augment"))
        mixed = None if self.mix is None else self.mix.mix(x, space, at.stream("mix"))
        return (x if mixed is None else mixed.x), mixed

    def loss_of(self, outputs: Tensor, batch: Batch, mixed: Mixed | None = None) -> Tensor:
        """Return the mean loss of a head's outputs ``(n, outputs)`` for the labels of a batch."""
        assert batch.y is not None
        own, weight = self._losses(outputs, batch.y), batch.weight
        if mixed is None:
            return weighted_mean(own, weight)
        weight = torch.ones_like(own) if weight is None else weight
        first, second = mixed.share * weight, (1.0 - mixed.share) * weight[mixed.partner]
        other = self._losses(outputs, batch.y[mixed.partner])
        return (first * own + second * other).sum() / (first + second).sum().clamp_min(1e-12)

    def _losses(self, outputs: Tensor, y: Tensor) -> Tensor:
        if y.is_floating_point():
            return (outputs - y).square().mean(1)
        return F.cross_entropy(outputs, y, reduction="none", label_smoothing=self.label_smoothing)

    def validation(self, codec: Codec, state: nn.Module | None, batch: Batch, at: At) -> Tensor:
        """Return the error rate (ties broken by the cross-entropy), or the squared error."""
        assert isinstance(state, Head) and batch.y is not None
        loss, _ = self.loss(codec, state, batch, at)
        if state.target.kind != "category":
            return loss
        return error_rate(self.outputs(codec, state, batch.x, at), batch, loss)

    def outputs(self, codec: Codec, head: Head, x: Tensor, at: At) -> Tensor:
        """Return the head's outputs of rows ``(n, *in)``, with dropout in training mode."""

        def between(h: Tensor) -> Tensor:
            return dropout(h, self.dropout, at.noise) if head.training else h

        at = codec.reading(x, at)
        noisy_input = codec.at_input and head.training
        h = dropout(x, self.input_dropout, at.noise) if noisy_input else x
        h = h if codec.at_input else between(h)
        for stage in codec.chain:
            h = between(stage.encode(h, at))
        return head(h.flatten(1), between)


def error_rate(outputs: Tensor, batch: Batch, loss: Tensor | None = None) -> Tensor:
    """Return the share of wrong classes, with a thousandth of the loss (by default the
    cross-entropy) to break ties."""
    assert batch.y is not None
    if loss is None:
        losses = F.cross_entropy(outputs, batch.y, reduction="none")
        loss = weighted_mean(losses, batch.weight)
    wrong = (outputs.argmax(1) != batch.y).float()
    return weighted_mean(wrong, batch.weight) + 1e-3 * loss


class Head(nn.Module):
    """Hidden ReLU layers and an output layer: ``(n, k) -> (n, outputs)``."""

    def __init__(
        self, k: int, widths: Sequence[int], target: Space, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.target = target
        sizes = [k, *widths, target.size]
        layers = [bare(nn.Linear, a, b) for a, b in pairwise(sizes)]
        self.layers = nn.ModuleList(layers)
        for layer in layers:
            if not layer.weight.is_meta:
                _fill(layer.weight, target if layer is layers[-1] else None, generator)
            nn.init.zeros_(layer.bias)

    def forward(self, h: Tensor, between: Callable[[Tensor], Tensor] = lambda h: h) -> Tensor:
        for layer in list(self.layers)[:-1]:
            h = between(torch.relu(layer(h)))
        return self.layers[-1](h)


def _fill(weight: Tensor, target: Space | None, generator: torch.Generator) -> None:
    """He et al. (2015) before a rectifier, Glorot and Bengio (2010) for the output: from zeros, the
    first steps of Adam give every unit of the code the same push, and sigmoids stay there. Outputs
    that are numbers begin at a tenth of it, near the mean: few steps do not unlearn a large one.
    """
    if target is None:
        nn.init.kaiming_uniform_(weight, nonlinearity="relu", generator=generator)
        return
    gain = 1.0 if target.kind == "category" else 0.1
    nn.init.xavier_uniform_(weight, gain, generator=generator)
