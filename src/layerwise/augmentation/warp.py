"""One resampling of every image by a map of its own."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from .images import OfImages


class Warp(OfImages):
    """Base of what moves the pixels of an image: one affine map a row, which may be bent, one
    bilinear resampling."""

    does: ClassVar[str] = "moves the pixels of images"
    outside: ClassVar[str] = "zeros"  # what lies outside of an image; or "border"

    @abstractmethod
    def sources(self, drawn: Tensor, height: int, width: int) -> Tensor:
        """Return where each pixel comes from, ``(n, 2, 3)``: the map from new to old coordinates
        ``(x, y, 1)``, which are -1 and 1 at the edges of the image."""

    def bend(self, drawn: Tensor, height: int, width: int) -> Tensor | None:
        """Return how far from there each pixel comes, ``(n, h, w, 2)`` in the same coordinates, if
        at all."""
        return None

    def changed(self, x: Tensor, drawn: Tensor) -> Tensor:
        n, _, height, width = x.shape
        wide = torch.promote_types(x.dtype, torch.float32)
        across, down = (
            (torch.arange(size, device=x.device) * 2 + 1) / size - 1 for size in (width, height)
        )
        places = torch.stack(
            [
                across.expand(height, width),
                down[:, None].expand(height, width),
                torch.ones(height, width, device=x.device),
            ]
        )  # (3, h, w)
        grid = self.sources(drawn, height, width).reshape(2 * n, 3) @ places.flatten(1)
        grid = grid.view(n, 2, height, width).permute(0, 2, 3, 1)
        bent = self.bend(drawn, height, width)
        grid = (grid if bent is None else grid + bent).to(wide)
        moved = F.grid_sample(x.to(wide), grid, padding_mode=self.outside, align_corners=False)
        return moved.to(x.dtype)
