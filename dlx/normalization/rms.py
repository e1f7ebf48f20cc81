"""RMS normalization."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Tensor, nn

from dlx.contracts.normalization import Normalization
from dlx.spec import Positive


class RMS(Normalization):
    """Divide each example by the root mean square of its features (Zhang & Sennrich 2019): layer norm without
    centering.

    On maps (batch, channels, *space) the mean is computed over channels and space, the scale is per channel.

    Args:
        eps: added to the mean square for numerical stability.
        affine: learn a scale for each feature.

    Example:
        dlx train -m normalization=layer,rms
    """

    def __init__(self, *, eps: Annotated[float, Positive], affine: bool) -> None:
        self.eps, self.affine = eps, affine

    def __call__(self, features: int, dimensions: int) -> nn.Module:
        """Return the layer for inputs (batch, features, *space); `dimensions` is the number of axes after the batch."""
        return RootMeanSquare(features, self.eps, self.affine)


class RootMeanSquare(nn.Module):
    """RMS normalization `x / sqrt(mean x² + eps) · weight` of (batch, features, *space)."""

    def __init__(self, features: int, eps: float, affine: bool) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(features)) if affine else None

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, features, *space), normalized."""
        axes = tuple(range(1, x.dim()))
        y = x * torch.rsqrt(x.square().mean(axes, keepdim=True) + self.eps)
        return y if self.weight is None else y * self.weight.view(-1, *[1] * (x.dim() - 2))
