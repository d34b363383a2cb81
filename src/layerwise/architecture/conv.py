"""The convolutional stage."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from dataclasses import replace as changed
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .._checks import check_bool, check_int, check_name, check_number
from .._errors import PairingError, ParameterError
from .._random import BY_HAND, At, dropout
from .._space import Block, Space
from .._spec import register
from .activations import ACTIVATIONS, Activation, code_space, inverse_link
from .initialisers import check_initialiser, initialise
from .local_contrast import local_contrast
from .normalisations import NORMALISATIONS, normalisation, weight_normalisation
from .stage import Stage, StageModule, check_numbers

POOLINGS = ("max", "average")


@register
@dataclass(frozen=True, repr=False)
class Conv(Stage):
    """``code = pool(activation(normalise(W * x + b)))`` on images, with a mirrored transposed
    convolution.

    Shapes come back exactly, also where a stride or a pool does not divide the size. Max-pooling
    keeps one place of each window: while the same rows are reconstructed their maxima go back to
    their places and everything else is zero, which is the only sparsity in Masci et al. (2011). A
    code alone has no places: there a maximum is spread evenly over its window.

    Parameters
    ----------
    channels : int
        Of the code, at least 1.
    kernel : int, default 3
        Height and width of the filters.
    stride : int, default 1
    padding : int, optional
        Rows and columns of zeros on each side; by default ``kernel // 2``.
    pool : int, default 1
        Height and width of the pooling windows, which do not overlap; 1 does not pool.
    pooling : {'max', 'average'}, default 'max'
    activation : str, default 'relu'
        One of ``layerwise.ACTIVATIONS``; 'abs_tanh' rectifies as Jarrett et al. (2009) do.
    tied : bool, default False
        Whether the decoder is the transposed convolution with the encoder's filters.
    init : str, default 'auto'
        As in ``Dense``.
    normalisation : {'none', 'batch', 'layer', 'weight', 'spectral'}, default 'none'
    local_contrast : int, default 0
        Odd width of a window, at least 3, in which the activations are normalised over all channels
        before pooling; 0 does not.
    dropout : float, default 0.0
        As in ``Dense``.
    decoder : bool, default True
        Whether there is a way back. Without it the stage only encodes, and holds half the weights:
        for nets that are trained on labels, or by objectives that do not reconstruct.

    Raises
    ------
    ParameterError
        When a setting is out of its range.
    PairingError
        When built on rows that are not images, or on images that are too small.

    References
    ----------
    Masci, Meier, Ciresan and Schmidhuber (2011), "Stacked convolutional auto-encoders for
    hierarchical feature extraction". Jarrett, Kavukcuoglu, Ranzato and LeCun (2009), "What is the
    best multi-stage architecture for object recognition?"

    Examples
    --------
    >>> from layerwise import Conv, Dense, Stack
    >>> Stack(Conv(16, 5, pool=2, tied=True), Conv(32, stride=2), Dense(64), in_shape=(1, 28, 28))
    Stack(Conv(16, 5, pool=2, tied=True), Conv(32, stride=2), Dense(64), in_shape=(1, 28, 28))
    """

    takes_images: ClassVar[bool] = True

    channels: int
    kernel: int = 3
    _: KW_ONLY
    stride: int = 1
    padding: int | None = None
    pool: int = 1
    pooling: str = "max"
    activation: str = "relu"
    tied: bool = False
    init: str = "auto"
    normalisation: str = "none"
    local_contrast: int = 0
    dropout: float = 0.0
    decoder: bool = True

    def __post_init__(self) -> None:
        for name in ("channels", "kernel", "stride", "pool"):
            check_int(self, name, getattr(self, name), 1)
        check_int(self, "padding", self.padding, 0, optional=True)
        check_name(self, "pooling", self.pooling, POOLINGS)
        check_name(self, "activation", self.activation, ACTIVATIONS)
        check_bool(self, "tied", self.tied)
        check_initialiser(self, self.init)
        check_name(self, "normalisation", self.normalisation, NORMALISATIONS)
        check_int(self, "local_contrast", self.local_contrast, 0)
        if self.local_contrast and (self.local_contrast < 3 or self.local_contrast % 2 == 0):
            raise ParameterError(
                "The 'local_contrast' parameter of Conv must be 0 or odd and at least 3. Got "
                f"{self.local_contrast!r} instead."
            )
        check_number(self, "dropout", self.dropout, 0.0, 0.999)
        check_bool(self, "decoder", self.decoder)
        if self.tied and not self.decoder:
            raise ParameterError(
                "Conv(tied=True) shares its filters with a decoder; decoder=False has none.",
                "Leave out one of the two.",
            )

    def build(self, in_space: Space, generator: torch.Generator) -> ConvCodec:
        check_numbers(self, in_space)
        if len(in_space.shape) != 3 or len(in_space.blocks) != 1:
            raise PairingError(
                f"{self!r} needs images (channels, height, width); its input has the shape "
                f"{in_space.shape}.",
                "Give 4-D arrays, or say Stack(..., in_shape=(1, 28, 28)); put Conv below Dense.",
            )
        rows, columns = self._before_pool(in_space)
        if rows < 1 or columns < 1:
            raise PairingError(
                f"{self!r} has filters larger than its input of shape {in_space.shape}.",
                "Use a smaller kernel, or fewer stages.",
            )
        return ConvCodec(self, in_space, (rows, columns), generator)

    def with_best_init(self) -> Conv:
        return changed(self, init="auto")

    @property
    def pad(self) -> int:
        """Rows and columns of zeros on each side."""
        return self.kernel // 2 if self.padding is None else self.padding

    def _before_pool(self, in_space: Space) -> tuple[int, int]:
        height, width = (
            (size + 2 * self.pad - self.kernel) // self.stride + 1 for size in in_space.shape[1:]
        )
        return height, width


class ConvCodec(StageModule):
    """The trained form of :class:`Conv`: ``weight`` (k, c, kernel, kernel), ``bias`` (k),
    ``decoder_weight`` of the weight's shape unless tied, ``decoder_bias`` (c); the last two only
    with a decoder."""

    def __init__(
        self, stage: Conv, in_space: Space, map_size: tuple[int, int], generator: torch.Generator
    ) -> None:
        size = [
            -(-side // stage.pool) for side in map_size
        ]  # the last window may hang over the edge
        codes = code_space(stage.activation, stage.channels, *size)
        super().__init__(
            in_space, Space.of("real", *codes.shape) if stage.local_contrast else codes
        )
        channels, height, width = in_space.shape
        self.stage = stage
        self.map_size = map_size
        self.rest = tuple(
            (side + 2 * stage.pad - stage.kernel) % stage.stride for side in (height, width)
        )
        self.weight = nn.Parameter(
            torch.empty(stage.channels, channels, stage.kernel, stage.kernel)
        )
        self.bias = nn.Parameter(torch.zeros(stage.channels))
        self.norm = normalisation(stage.normalisation, stage.channels, 3)
        self.activation = Activation(stage.activation)
        self.decoder_bias = nn.Parameter(torch.zeros(channels)) if stage.decoder else None
        initialise(self.weight, stage.init, stage.activation, generator)
        own = (
            self.weight.detach().transpose(0, 1).contiguous()
            if stage.decoder and not stage.tied
            else None
        )  # (c, k, kernel, kernel)
        if own is not None:
            initialise(own, stage.init, in_space.blocks[0].link, generator)
        self.decoder_weight = (
            None if own is None else nn.Parameter(own.transpose(0, 1).contiguous())
        )
        self.weight_norm = weight_normalisation(stage.normalisation, self.weight, generator)

    @property
    def matrix(self) -> Tensor:
        """The filters that are used, ``(k, c, kernel, kernel)``."""
        return self.weight if self.weight_norm is None else self.weight_norm(self.weight)

    def encode(self, x: Tensor, at: At = BY_HAND) -> Tensor:
        """``(n, c, h, w) -> (n, k, h', w')``."""
        return self.encode_traced(x, at, places=False)[0]

    def encode_traced(
        self, x: Tensor, at: At = BY_HAND, places: bool = True
    ) -> tuple[Tensor, Tensor | None]:
        """Encode, with the places of the maxima where there are some."""
        stage = self.stage
        h = F.conv2d(x, self.matrix, self.bias, stride=stage.stride, padding=stage.pad)
        h = self.activation(h if self.norm is None else self.norm(h))
        if stage.local_contrast:
            h = local_contrast(h, stage.local_contrast)
        trace = None
        if stage.pool > 1 and stage.pooling == "max":
            if places:
                h, trace = F.max_pool2d(h, stage.pool, ceil_mode=True, return_indices=True)
            else:
                h = F.max_pool2d(h, stage.pool, ceil_mode=True)
        elif stage.pool > 1:
            h = F.avg_pool2d(h, stage.pool, ceil_mode=True)
        return (dropout(h, stage.dropout, at.dropout) if self.training else h), trace

    @property
    def decodes(self) -> bool:
        """Whether it was built with a decoder."""
        return self.decoder_bias is not None

    def decode_params(self, z: Tensor) -> Tensor:
        """``(n, k, h', w') -> (n, d)``, before the link."""
        return self.decode_traced(z, None)

    def decode_traced(self, z: Tensor, trace: Tensor | None) -> Tensor:
        """``decode_params`` with the places of the maxima."""
        if self.decoder_bias is None:
            return super().decode_params(z)  # refuses
        stage = self.stage
        if stage.pool > 1 and trace is not None:
            z = F.max_unpool2d(z, trace, [stage.pool] * 2, output_size=self.map_size)
        elif stage.pool > 1:
            rows, columns = self.map_size
            if stage.pooling == "max":  # over the places of each window that are inside
                z = z / F.avg_pool2d(
                    z.new_ones(1, 1, rows, columns), stage.pool, ceil_mode=True, divisor_override=1
                )
            z = z.repeat_interleave(stage.pool, 2).repeat_interleave(stage.pool, 3)[
                :, :, :rows, :columns
            ]
        weight = self.matrix if self.decoder_weight is None else self.decoder_weight
        options: dict[str, Any] = {
            "stride": stage.stride,
            "padding": stage.pad,
            "output_padding": self.rest,
        }
        return F.conv_transpose2d(z, weight, self.decoder_bias, **options).flatten(1)

    def centre(self, mean: Tensor) -> None:
        """Set a decoder bias that is still zero so that a code of zeros decodes to each channel's
        part of the mean ``(d,)``."""
        if self.decoder_bias is not None and not bool(self.decoder_bias.any()):
            block = self.in_space.blocks[0]
            channels = Space(
                (len(self.decoder_bias),), (Block(block.kind, len(self.decoder_bias), block.link),)
            )
            with torch.no_grad():
                self.decoder_bias.copy_(
                    inverse_link(mean.view(len(self.decoder_bias), -1).mean(1), channels)
                )
