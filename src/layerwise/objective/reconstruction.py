"""Reconstruct the input."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .._checks import check_name
from .._contracts import Batch, Codec
from .._errors import PairingError
from .._random import At
from .._space import Space
from .._spec import register
from .objective import Objective, Terms

ERRORS = ("auto", "mse", "bce", "huber")
_AUTO = {"real": "mse", "nonneg": "mse", "unit": "bce"}
_NAMED = ("category", "token")  # always take the cross-entropy over their levels


@register
@dataclass(frozen=True, repr=False)
class Reconstruction(Objective):
    """``mean(error(decode(encode(x)), x))``.

    Parameters
    ----------
    error : {'auto', 'mse', 'bce', 'huber'}, default 'auto'
        'auto' takes the cross-entropy where values lie in [0, 1] and the squared error elsewhere,
        per block on a table. The one-hot columns of a category always take the cross-entropy over
        its classes and count as one element. Missing cells are left out.

    Raises
    ------
    PairingError
        When the cross-entropy is asked for on values outside [0, 1].

    References
    ----------
    Bengio, Lamblin, Popovici and Larochelle (2007), "Greedy layer-wise training of deep networks".

    Examples
    --------
    >>> from layerwise import Reconstruction
    >>> Reconstruction("huber")
    Reconstruction('huber')
    """

    error: str = "auto"

    def __post_init__(self) -> None:
        check_name(self, "error", self.error, ERRORS)

    @property
    def trains_decoder(self) -> bool:
        return True

    def check(self, codec: Codec, target: Space | None) -> None:
        check_decodable(self, codec, self.error)

    def loss(
        self, codec: Codec, state: nn.Module | None, batch: Batch, at: At
    ) -> tuple[Tensor, Terms]:
        params = codec.reconstruct_params(batch.x, at)
        return mean_loss(
            params, batch.x, codec, self.error, observed=batch.observed, weight=batch.weight
        ), {}


def check_decodable(objective: Objective, codec: Codec, error: str) -> None:
    """Raise unless the codec has something to decode and the error fits its input's space."""
    if codec.depth == 0:
        raise PairingError(
            f"{objective!r} has no stage to train in a phase of the head alone.",
            "Use HeadOnly with Supervised, or another schedule.",
        )
    if not codec.decodes:
        raise PairingError(
            f"{objective!r} reconstructs, and the stages {_without_decoder(codec)} only encode.",
            "Give them decode_params, or use an objective that needs no decoder.",
        )
    if error == "bce" and not {block.kind for block in codec.in_space.blocks} <= {
        "unit",
        "category",
    }:
        raise PairingError(
            f"{objective!r} takes the cross-entropy, which needs values in [0, 1]; the input of "
            "the stage is "
            f"{codec.in_space.kind!r}.",
            "Scale the data to [0, 1] (and use sigmoid codes in a greedy stack), or take the error "
            "'auto' or 'mse'.",
        )


def _without_decoder(codec: Codec) -> str:
    names = [str(getattr(f, "stage", type(f).__name__)) for f in codec.chain if not f.decodes]
    return ", ".join(names)


def mean_loss(
    params: Tensor,
    target: Tensor,
    codec: Codec,
    error: str,
    *,
    observed: Tensor | None = None,
    weight: Tensor | None = None,
    importance: Tensor | None = None,
) -> Tensor:
    """Return the mean loss per element of decoder outputs (before the link) against a target.

    ``observed`` and ``importance`` weigh features ``(n, d)``, ``weight`` weighs rows ``(n,)``.
    """
    space = codec.in_space
    weighted = not (observed is None and weight is None and importance is None)
    if not weighted and len(space.blocks) == 1 and space.kind not in _NAMED:
        name = _resolved(error, space.kind)
        return _elementwise(
            params if name == "bce" else codec.link(params), target.flatten(1), name, "mean"
        )
    losses = element_losses(params, target, codec, error)
    observed = seen(target, space, observed)
    if not weighted and observed is None:
        return losses.mean()
    features = element_features(space).to(losses.device)
    weights = torch.ones_like(losses) if weight is None else weight[:, None].expand_as(losses)
    for factor in (observed, importance):
        if factor is not None:
            weights = weights * factor[:, features]
    return (losses * weights).sum() / weights.sum().clamp_min(1e-12)


def element_losses(params: Tensor, target: Tensor, codec: Codec, error: str) -> Tensor:
    """Return the loss of each element, ``(n, elements)``.

    A feature is an element, but the one-hot columns of a category are one element together.
    """
    target = target.flatten(1)
    linked = params if codec.in_space.kind == "token" else codec.link(params)
    losses = []
    parts = [part for _, part in codec.in_space.parameter_slices()]
    for (block, part), given in zip(codec.in_space.slices(), parts, strict=True):
        if block.kind == "category":
            chosen = F.log_softmax(params[:, given], dim=1)
            losses.append(-(target[:, part] * chosen).sum(1, keepdim=True))
        elif block.kind == "token":
            logits = params[:, given].unflatten(1, (block.size, block.levels)).transpose(1, 2)
            losses.append(F.cross_entropy(logits, target[:, part].long(), reduction="none"))
        else:
            name = _resolved(error, block.kind)
            outputs = params[:, given] if name == "bce" else linked[:, part]
            losses.append(_elementwise(outputs, target[:, part], name, "none"))
    return torch.cat(losses, dim=1)


def seen(target: Tensor, space: Space, observed: Tensor | None) -> Tensor | None:
    """Return which features count, ``(n, d)``: those that are observed, and no padding; None where
    all do."""
    if not space.holds("token"):
        return observed
    kept = torch.ones_like(target.flatten(1), dtype=torch.bool)
    for block, part in space.slices():
        if block.kind == "token":
            kept[:, part] = target.flatten(1)[:, part] != 0
    return kept if observed is None else kept & observed


def element_features(space: Space) -> Tensor:
    """Return the feature at which each element begins."""
    parts = [
        torch.arange(part.start, part.start + 1 if block.kind == "category" else part.stop)
        for block, part in space.slices()
    ]
    return torch.cat(parts)


def _elementwise(given: Tensor, target: Tensor, name: str, reduction: str) -> Tensor:
    if name == "bce":
        return F.binary_cross_entropy_with_logits(given, target, reduction=reduction)
    if name == "huber":
        return F.huber_loss(given, target, reduction=reduction)
    return F.mse_loss(given, target, reduction=reduction)


def _resolved(error: str, kind: str) -> str:
    return _AUTO[kind] if error == "auto" else error
