"""The fully connected stage."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from dataclasses import replace as changed

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .._contracts import Space
from .._random import dropout
from .._spec import check_bool, check_int, check_name, check_number, register
from .activations import ACTIVATIONS, Activation, code_space, inverse_link
from .initialisers import check_initialiser, initialise
from .normalisations import NORMALISATIONS, normalisation
from .stage import Stage, StageModule


@register
@dataclass(frozen=True, repr=False)
class Dense(Stage):
    """``code = activation(normalise(W x + b))``, with a mirrored decoder ``link(V code + c)``.

    The decoder's link follows the stage's input: the sigmoid for values in [0, 1], the identity for real values, the softmax
    for a category, and the activation of the stage below for its codes.

    Parameters
    ----------
    units : int
        Size of the code, at least 1.
    activation : str, default 'relu'
        One of ``layerwise.ACTIVATIONS``.
    tied : bool, default False
        Whether the decoder's weight is the transpose of the encoder's (one parameter, its own bias): half the parameters.
    init : str, default 'auto'
        One of ``layerwise.INITIALISERS``; 'auto' takes He for rectifiers and Glorot for the others.
    normalisation : {'none', 'batch', 'layer'}, default 'none'
    dropout : float, default 0.0
        Share of the code that is zeroed in every training phase of this stage, in [0, 1). For dropout in fine-tuning alone
        see ``Supervised``.

    Raises
    ------
    ParameterError
        When a setting is out of its range.

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

    def __post_init__(self) -> None:
        check_int(self, "units", self.units, 1)
        check_name(self, "activation", self.activation, ACTIVATIONS)
        check_bool(self, "tied", self.tied)
        check_initialiser(self, self.init)
        check_name(self, "normalisation", self.normalisation, NORMALISATIONS)
        check_number(self, "dropout", self.dropout, 0.0, 0.999)

    def build(self, in_space: Space, generator: torch.Generator) -> DenseCodec:
        return DenseCodec(self, in_space, generator)

    def with_best_init(self) -> Dense:
        return changed(self, init="auto")


class DenseCodec(StageModule):
    """The trained form of :class:`Dense`: ``weight`` (k, d), ``bias`` (k), ``decoder_weight`` (d, k) unless tied,
    ``decoder_bias`` (d)."""

    def __init__(self, stage: Dense, in_space: Space, generator: torch.Generator) -> None:
        super().__init__(in_space, code_space(stage.activation, stage.units))
        self.dropout = stage.dropout
        self.weight = nn.Parameter(torch.empty(stage.units, in_space.size))
        self.bias = nn.Parameter(torch.zeros(stage.units))
        self.norm = normalisation(stage.normalisation, stage.units)
        self.activation = Activation(stage.activation)
        self.decoder_bias = nn.Parameter(torch.zeros(in_space.size))
        initialise(self.weight, stage.init, stage.activation, generator)
        own = None if stage.tied else nn.Parameter(torch.empty(in_space.size, stage.units))
        self.decoder_weight: nn.Parameter | None = own
        if self.decoder_weight is not None:
            initialise(self.decoder_weight, stage.init, in_space.blocks[0].link, generator)

    def encode(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """``(n, *in) -> (n, k)``."""
        h = F.linear(x if x.dim() == 2 else x.flatten(1), self.weight, self.bias)
        if self.norm is not None:
            h = self.norm(h)
        code = self.activation(h)
        return dropout(code, self.dropout, generator) if self.training else code

    def decode_params(self, z: Tensor) -> Tensor:
        """``(n, k) -> (n, d)``, before the link."""
        weight = self.weight.t() if self.decoder_weight is None else self.decoder_weight
        return F.linear(z, weight, self.decoder_bias)

    def centre(self, mean: Tensor) -> None:
        """Set a decoder bias that is still zero so that a code of zeros decodes to the mean of the input, ``(d,)``.

        Hinton (2010), "A practical guide to training restricted Boltzmann machines", does so for the visible biases; without
        it the first steps teach the weights the mean, and rectifiers die of that.
        """
        if not bool(self.decoder_bias.any()):
            with torch.no_grad():
                self.decoder_bias.copy_(inverse_link(mean, self.in_space))
