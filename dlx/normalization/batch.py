"""Batch normalization."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Tensor, nn

from dlx.contracts.normalization import Normalization
from dlx.spec import Fraction, NonNegative, Positive


class Batch(Normalization):
    """Normalise each feature over the batch, then scale and shift it (Ioffe & Szegedy 2015, Algorithm 1).

    In evaluation the running mean and variance take the place of the batch's (Algorithm 2).

    Args:
        eps: added to the variance, so that a constant feature does not divide by zero.
        momentum: weight of the newest batch in the running statistics.
        affine: learn a scale and a shift for each feature (gamma and beta).
        shift_noise: while training, move and stretch each normalised feature anew in every step, by up to this much:
            the shifting distributions that normalization is said to remove (Santurkar et al. 2018).

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
        """Return the layer for (batch, features, *space) with so many axes behind the batch (1 = vectors)."""
        layer = {1: nn.BatchNorm1d, 2: nn.BatchNorm1d, 3: nn.BatchNorm2d}[dimensions]
        norm = layer(features, eps=self.eps, momentum=self.momentum, affine=self.affine)
        return nn.Sequential(norm, ShiftNoise(self.shift_noise)) if self.shift_noise else norm


class ShiftNoise(nn.Module):
    """Give each feature (axis 1) a mean and a scale of its own in every training step; nothing in evaluation.

    The mean is uniform in ±size, the logarithm of the scale too.
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
