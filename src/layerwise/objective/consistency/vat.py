"""The answer does not change in the direction in which it would change most."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..._checks import check_int, check_number
from ..._contracts import Batch, Codec
from ..._errors import PairingError
from ..._random import At
from ..._space import Space
from ..._spec import register
from ..objective import Terms, weighted_mean
from .consistency import Consistency, head_of, still_statistics


@register
@dataclass(frozen=True, repr=False)
class VAT(Consistency):
    """``KL(p(x) || p(x + r)) + entropy * H(p(x))``, with r of length ``eps`` in the direction in
    which the divergence grows most.

    The direction is found by power iteration on the Hessian of the divergence, by differences of
    its gradient. It needs no knowledge of what rows are: no augmentation. Labelled rows go through
    the network by themselves, as in the paper, so that under batch normalisation rows without
    labels are compared with themselves; perturbed ones leave no trace in the statistics of batches.

    Parameters
    ----------
    supervised, weight
        As in ``Consistency``.
    eps : float, default 2.0
        Length of the perturbation of a row, above 0, in units of the preprocessed rows.
    xi : float, default 0.1
        Length of the step of the finite difference, above 0; the paper has 1e-6, which float32
        cannot resolve.
    iterations : int, default 1
        Of the power method, at least 1.
    entropy : float, default 1.0
        Weight of the entropy of the predictions, at least 0.
    ratio : float, default 2.0

    Raises
    ------
    PairingError
        Without class labels, or on rows that are no numbers.

    References
    ----------
    Miyato, Maeda, Koyama and Ishii (2018), "Virtual adversarial training: a regularization method
    for supervised and semi-supervised learning".

    Examples
    --------
    >>> from layerwise import VAT
    >>> VAT(eps=1.5)
    VAT(eps=1.5)
    """

    _: KW_ONLY
    eps: float = 2.0
    xi: float = 0.1
    iterations: int = 1
    entropy: float = 1.0
    ratio: float = 2.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("eps", "xi"):
            check_number(self, name, getattr(self, name), 0.0, open_low=True)
        check_int(self, "iterations", self.iterations, 1)
        check_number(self, "entropy", self.entropy, 0.0)

    def check(self, codec: Codec, target: Space | None) -> None:
        super().check(codec, target)
        if codec.in_space.holds("token"):
            raise PairingError(
                f"{self!r} moves rows by small numbers; the data hold tokens.",
                "Use FixMatch with augmentations of tokens, or PseudoLabels.",
            )

    def parts(self, x: Tensor, space: Space, at: At) -> tuple[Tensor, ...]:
        return ()

    def unlabelled(
        self, codec: Codec, state: nn.Module | None, rows: Batch, outputs: list[Tensor], at: At
    ) -> tuple[Tensor, Terms]:
        def answer(x: Tensor) -> Tensor:
            return self.supervised.outputs(codec, head_of(state), x, at).float()

        plain = answer(rows.x)
        start = torch.randn(rows.x.shape, generator=at.stream("direction")).to(rows.x)
        with still_statistics(codec):
            towards = direction(answer, rows.x, plain.detach(), start, self.xi, self.iterations)
            moved = answer(rows.x + self.eps * towards)
        change = weighted_mean(divergence(plain.detach(), moved), rows.weight)
        unsure = weighted_mean(entropy_of(plain), rows.weight)
        return change + self.entropy * unsure, {"change": change.detach()}


def divergence(p: Tensor, q: Tensor) -> Tensor:
    """Return ``KL(softmax(p) || softmax(q))`` of logits ``(n, classes)``, ``(n,)``."""
    log_p, log_q = F.log_softmax(p, dim=1), F.log_softmax(q, dim=1)
    return (log_p.exp() * (log_p - log_q)).sum(1)


def entropy_of(logits: Tensor) -> Tensor:
    """Return the entropy of each softmax, ``(n,)``, in nats."""
    log_p = F.log_softmax(logits, dim=1)
    return -(log_p.exp() * log_p).sum(1)


def direction(
    answer: Callable[[Tensor], Tensor],
    x: Tensor,
    plain: Tensor,
    start: Tensor,
    xi: float,
    iterations: int = 1,
) -> Tensor:
    """Return the direction of each row, of length 1, in which ``KL(plain || answer(x + r))`` grows
    most: the dominant eigenvector of its Hessian at 0, by power iteration.

    Parameters
    ----------
    answer : callable
        Rows ``(n, *in)`` to logits ``(n, classes)``.
    x, start : Tensor of shape (n, *in)
    plain : Tensor of shape (n, classes)
        Logits of x.
    """
    towards = unit(start)
    for _ in range(iterations):
        with torch.enable_grad():
            moved = (xi * towards).detach().requires_grad_()
            (slope,) = torch.autograd.grad(divergence(plain, answer(x + moved)).sum(), moved)
        towards = unit(slope.detach())
    return towards


def unit(x: Tensor) -> Tensor:
    """Return rows ``(n, *in)`` of length 1."""
    return F.normalize(x.flatten(1), dim=1, eps=1e-20).view_as(x)
