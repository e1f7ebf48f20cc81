"""Layers that double the sides of maps, by learned weights or by a fixed rule."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlx.nn.convolution import Geometry, convolution

Upsampling = Literal["nearest", "bilinear", "transposed", "pixel_shuffle", "unpooling"]


class Doubling(nn.Module):
    """A convolution together with an upsampling by 2: (batch, channels, h, w) -> (batch, units, 2h, 2w).

    Args:
        kind: see `dlx.model.unet.UNet`.
        channels: number of channels of the input.
        units: number of channels of the output.
        kernel: kernel size of the convolution.
    """

    def __init__(self, kind: Upsampling, channels: int, units: int, kernel: int) -> None:
        super().__init__()
        self.kind = kind
        if kind == "transposed":
            # Padding and output padding such that the side is exactly doubled: 2 (n - 1) - 2 p + k + o = 2 n.
            self.weights: nn.Module = nn.ConvTranspose2d(channels, units, kernel, 2, (kernel - 1) // 2, kernel % 2)
        else:
            count = 4 * units if kind == "pixel_shuffle" else units
            self.weights = convolution(channels, count, kernel, 1, Geometry([kernel], 1, padding="same"), 2)

    def forward(self, x: Tensor, where: Tensor | None = None) -> Tensor:
        """Return the enlarged maps; `where` are the indices of max pooling (batch, units, h, w), for unpooling."""
        if self.kind in ("nearest", "bilinear"):
            return self.weights(doubled(x, self.kind))
        x = self.weights(x)
        if self.kind == "pixel_shuffle":
            return F.pixel_shuffle(x, 2)
        return x if where is None else unpooled(x, where)


def doubled(x: Tensor, kind: str) -> Tensor:
    """Return maps (batch, channels, h, w) with twice the side, by the `nearest` pixel or `bilinear` interpolation."""
    if kind == "nearest":
        return F.interpolate(x, scale_factor=2.0, mode="nearest")
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


def unpooled(x: Tensor, where: Tensor) -> Tensor:
    """Return maps of twice the side with each value at the place of its maximum, and 0 elsewhere (Zeiler et al. 2011).

    Args:
        x: maps (batch, channels, h, w).
        where: indices of the maxima in the flattened map of twice the side, of the same shape.
    """
    height, width = 2 * x.shape[2], 2 * x.shape[3]
    flat = torch.zeros_like(x.flatten(2)).repeat(1, 1, 4)
    return flat.scatter(2, where.flatten(2), x.flatten(2)).unflatten(2, (height, width))
