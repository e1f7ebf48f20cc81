"""Batch normalization."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Tensor, nn

from dlx.contracts.normalization import Normalization
from dlx.spec import Fraction, NonNegative, Positive


class Batch(Normalization):
    """Normalize each feature over the batch, then scale and shift it (Ioffe & Szegedy 2015, Algorithm 1).

    In evaluation mode the running mean and variance replace those of the batch (Algorithm 2).

    Args:
        eps: added to the variance for numerical stability.
        momentum: weight of the latest batch in the running statistics.
        affine: learn a scale and a shift for each feature (gamma and beta).
        shift_noise: maximum size of a random shift and scale of each normalized feature, drawn anew in every training
            step. It brings back the shifting distributions that normalization is said to remove (Santurkar et al.
            2018).

    Example:
        dlx train -m normalization=none,batch optimizer.lr=0.01,0.1,1
    """

    def __init__(
        self,
        *,
        eps: Annotated[float, Positive],
        momentum: Annotated[float, Fraction],
        affine: bool,
        shift_noise: Annotated[float, NonNegative],
    ) -> None:
        self.eps, self.momentum, self.affine, self.shift_noise = eps, momentum, affine, shift_noise

    def __call__(self, features: int, dimensions: int) -> nn.Module:
        """Return the layer for inputs (batch, features, *space); `dimensions` is the number of axes after the batch."""
        layer = {1: nn.BatchNorm1d, 2: nn.BatchNorm1d, 3: nn.BatchNorm2d}[dimensions]
        norm = layer(features, eps=self.eps, momentum=self.momentum, affine=self.affine)
        return nn.Sequential(norm, ShiftNoise(self.shift_noise)) if self.shift_noise else norm


class ShiftNoise(nn.Module):
    """Shift and scale each feature (axis 1) at random in every training step; the identity in evaluation mode.

    The shift and the logarithm of the scale are uniform in ±size.
    """

    def __init__(self, size: float) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, features, *space) to the same shape."""
        if not self.training:
            return x
        shape = (1, x.shape[1], *[1] * (x.dim() - 2))
        mean, scale = ((torch.rand(2, *shape, device=x.device, dtype=x.dtype) * 2 - 1) * self.size).unbind()
        return x * scale.exp() + mean
