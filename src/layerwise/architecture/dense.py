"""The fully connected stage."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from dataclasses import replace as changed

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .._checks import check_bool, check_int, check_name, check_number
from .._contracts import EnergyCodec, LadderLayer
from .._errors import PairingError, ParameterError
from .._random import BY_HAND, At, dropout
from .._space import Space
from .._spec import register
from .activations import ACTIVATIONS, Activation, code_space, inverse_link
from .boltzmann import Boltzmann
from .initialisers import check_initialiser, initialise
from .normalisations import NORMALISATIONS, normalisation, weight_normalisation
from .stage import Stage, StageModule, check_numbers


@register
@dataclass(frozen=True, repr=False)
class Dense(Stage):
    """``code = activation(normalise(W x + b))``, with a mirrored decoder ``link(V code + c)``.

    The decoder's link follows the stage's input: the sigmoid for values in [0, 1], the identity for
    real values, the softmax for a category, and the activation of the stage below for its codes.

    Parameters
    ----------
    units : int
        Size of the code, at least 1.
    activation : str, default 'relu'
        One of ``layerwise.ACTIVATIONS``.
    tied : bool, default False
        Whether the decoder's weight is the transpose of the encoder's (one parameter, its own
        bias): half the parameters.
    init : str, default 'auto'
        One of ``layerwise.INITIALISERS``; 'auto' takes He for rectifiers and Glorot for the others.
    normalisation : {'none', 'batch', 'layer', 'weight', 'spectral'}, default 'none'
        Of the units' inputs ('batch', 'layer') or of the weight.
    dropout : float, default 0.0
        Share of the code that is zeroed in every training phase of this stage, in [0, 1). For
        dropout in fine-tuning alone see ``Supervised``.
    learned_scale : bool, default False
        Whether each real input has a learned scale s: the encoder sees x / s, the decoder's output
        is s times as large. With ``ContrastiveDivergence`` it is the standard deviation of the
        visible unit. For tied stages on real values.

    Raises
    ------
    ParameterError
        When a setting is out of its range.
    PairingError
        When built with a learned scale on values that are not real numbers.

    Examples
    --------
    >>> from layerwise import Dense
    >>> Dense(500, activation="sigmoid", tied=True)
    Dense(500, activation='sigmoid', tied=True)
    """

    units: int
    _: KW_ONLY
    activation: str = "relu"
    tied: bool = False
    init: str = "auto"
    normalisation: str = "none"
    dropout: float = 0.0
    learned_scale: bool = False

    def __post_init__(self) -> None:
        check_int(self, "units", self.units, 1)
        check_name(self, "activation", self.activation, ACTIVATIONS)
        check_bool(self, "tied", self.tied)
        check_initialiser(self, self.init)
        check_name(self, "normalisation", self.normalisation, NORMALISATIONS)
        check_number(self, "dropout", self.dropout, 0.0, 0.999)
        check_bool(self, "learned_scale", self.learned_scale)
        if self.learned_scale and not self.tied:
            raise ParameterError(
                "Dense(learned_scale=True) is for tied stages.",
                "Add tied=True, or leave learned_scale out.",
            )

    def build(self, in_space: Space, generator: torch.Generator) -> DenseCodec:
        check_numbers(self, in_space)
        if self.learned_scale and in_space.kind != "real":
            raise PairingError(
                f"{self!r} learns a scale for real inputs; its input is {in_space.kind!r}.",
                "Standardise the data, or leave learned_scale out.",
            )
        return DenseCodec(self, in_space, generator)

    def with_best_init(self) -> Dense:
        return changed(self, init="auto")


class DenseCodec(StageModule):
    """The trained form of :class:`Dense`: ``weight`` (k, d), ``bias`` (k), ``decoder_weight`` (d,
    k) unless tied, ``decoder_bias`` (d), ``log_scale`` (d) where the scale is learned."""

    def __init__(self, stage: Dense, in_space: Space, generator: torch.Generator) -> None:
        super().__init__(in_space, code_space(stage.activation, stage.units))
        self.stage = stage
        self.dropout = stage.dropout
        self.weight = nn.Parameter(torch.empty(stage.units, in_space.size))
        self.bias = nn.Parameter(torch.zeros(stage.units))
        self.norm = normalisation(stage.normalisation, stage.units)
        self.activation = Activation(stage.activation)
        self.decoder_bias = nn.Parameter(torch.zeros(in_space.size))
        self.log_scale = nn.Parameter(torch.zeros(in_space.size)) if stage.learned_scale else None
        initialise(self.weight, stage.init, stage.activation, generator)
        own = None if stage.tied else nn.Parameter(torch.empty(in_space.size, stage.units))
        self.decoder_weight: nn.Parameter | None = own
        if self.decoder_weight is not None:
            initialise(self.decoder_weight, stage.init, in_space.blocks[0].link, generator)
        self.weight_norm = weight_normalisation(stage.normalisation, self.weight, generator)

    @property
    def matrix(self) -> Tensor:
        """The weight that is used, ``(k, d)``."""
        return self.weight if self.weight_norm is None else self.weight_norm(self.weight)

    def project(self, x: Tensor) -> Tensor:
        """``(n, *in) -> (n, k)``: the affine map alone."""
        x = x if x.dim() == 2 else x.flatten(1)
        return F.linear(
            x if self.log_scale is None else x * torch.exp(-self.log_scale), self.matrix, self.bias
        )

    def encode(self, x: Tensor, at: At = BY_HAND) -> Tensor:
        """``(n, *in) -> (n, k)``."""
        h = self.project(x)
        if self.norm is not None:
            h = self.norm(h)
        code = self.activation(h)
        return dropout(code, self.dropout, at.dropout) if self.training else code

    def decode_params(self, z: Tensor) -> Tensor:
        """``(n, k) -> (n, d)``, before the link."""
        weight = self.matrix.t() if self.decoder_weight is None else self.decoder_weight
        if self.log_scale is None:
            return F.linear(z, weight, self.decoder_bias)
        return F.linear(z, weight) * torch.exp(self.log_scale) + self.decoder_bias

    def centre(self, mean: Tensor) -> None:
        """Set a decoder bias that is still zero so that a code of zeros decodes to the mean of the
        input, ``(d,)``.

        Hinton (2010), "A practical guide to training restricted Boltzmann machines", does so for
        the visible biases; without it the first steps teach the weights the mean, and rectifiers
        die of that.
        """
        if not bool(self.decoder_bias.any()):
            with torch.no_grad():
                self.decoder_bias.copy_(inverse_link(mean, self.in_space))

    def energy_view(self) -> EnergyCodec | None:
        """A tied stage without normalisation and dropout is a restricted Boltzmann machine, for
        some kinds of unit."""
        plain = (
            self.decoder_weight is None
            and self.stage.normalisation == "none"
            and self.dropout == 0.0
        )
        return Boltzmann(self) if plain and Boltzmann.knows(self) else None

    def ladder_view(self) -> LadderLayer | None:
        """A stage with batch normalisation is a layer of a ladder network."""
        return self if isinstance(self.norm, nn.BatchNorm1d) else None

    def activate(self, z: Tensor) -> Tensor:
        """Return the code of normalised inputs: ``activation(scale * z + shift)``, ``(n, k) -> (n,
        k)``."""
        assert isinstance(self.norm, nn.BatchNorm1d)  # ladder_view() has refused
        return self.activation(torch.addcmul(self.norm.bias, z, self.norm.weight))

    def remember(self, mean: Tensor, variance: Tensor) -> None:
        """Take the moments ``(k,)`` of a batch into those that are used in evaluation mode."""
        norm = self.norm
        assert (
            isinstance(norm, nn.BatchNorm1d)
            and norm.running_mean is not None
            and norm.running_var is not None
        )
        assert norm.num_batches_tracked is not None and norm.momentum is not None
        with torch.no_grad():
            norm.running_mean.lerp_(mean, norm.momentum)
            norm.running_var.lerp_(variance, norm.momentum)
            norm.num_batches_tracked += 1

    def jacobian_norm(self, x: Tensor, at: At = BY_HAND) -> Tensor:
        """Closed form for one layer without normalisation and dropout: ``sum_j f'(a_j)**2
        |W_j|**2``."""
        if self.norm is not None or self.dropout:
            return super().jacobian_norm(x, at)
        a = self.project(x)  # (n, k)
        a = a if a.requires_grad else a.requires_grad_()
        (slope,) = torch.autograd.grad(self.activation(a).sum(), a, create_graph=True)
        matrix = self.matrix if self.log_scale is None else self.matrix * torch.exp(-self.log_scale)
        return slope.square() @ matrix.square().sum(1)
