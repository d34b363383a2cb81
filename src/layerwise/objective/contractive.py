"""Codes that change little with the input."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from .._checks import check_number
from .._contracts import Batch, Codec
from .._errors import PairingError
from .._random import At
from .._space import Space
from .._spec import register
from .objective import Terms, weighted_mean
from .wrapper import Wrapper


@register
@dataclass(frozen=True, repr=False)
class Contractive(Wrapper):
    """``objective + weight * |d code / d x|**2 / d``, the squared Frobenius norm of the encoder's
    Jacobian at the clean rows.

    For one dense stage without layer normalisation the norm has a closed form; for others it is
    computed by automatic differentiation, one backward pass a unit of the code.

    Parameters
    ----------
    objective : Objective, default Reconstruction()
        One that learns from rows without labels.
    weight : float, default 0.1
        At least 0. Reconstruction errors are means over the ``d`` features, and so is the penalty:
        the weight is the paper's.

    Raises
    ------
    PairingError
        With batch normalisation.

    References
    ----------
    Rifai, Vincent, Muller, Glorot and Bengio (2011), "Contractive auto-encoders: explicit
    invariance during feature extraction".

    Examples
    --------
    >>> from layerwise import Contractive, Denoising
    >>> Contractive(Denoising(), weight=0.2)
    Contractive(Denoising(), weight=0.2)
    """

    _: KW_ONLY
    weight: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number(self, "weight", self.weight, 0.0)

    def check(self, codec: Codec, target: Space | None) -> None:
        super().check(codec, target)
        if codec.in_space.holds("token"):
            raise PairingError(
                f"{self!r} takes a Jacobian by the input, which holds tokens: they do not vary "
                "continuously.",
                "Use the objective inside alone.",
            )
        if any(isinstance(part, _BatchNorm) for part in codec.modules()):
            raise PairingError(
                f"{self!r} takes the Jacobian of one row's code; with batch normalisation that "
                "code depends on the other rows.",
                "Use normalisation='layer', 'weight' or 'none'.",
            )

    def loss(
        self, codec: Codec, state: nn.Module | None, batch: Batch, at: At
    ) -> tuple[Tensor, Terms]:
        loss, terms = self.objective.loss(codec, state, batch, at)
        penalty = (
            weighted_mean(codec.jacobian_norm(batch.x, at), batch.weight) / codec.in_space.size
        )
        return loss + self.weight * penalty, terms | {"contraction": penalty.detach()}
