"""Root mean square normalization."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Tensor, nn

from dlx.contracts.normalization import Normalization
from dlx.spec import Positive


class RMS(Normalization):
    """Divide each example by the root mean square of its features (Zhang & Sennrich 2019): layer norm uncentred.

    On maps (batch, channels, *space) the mean is taken over channels and space, the scale is per channel.

    Args:
        eps: added to the mean square.
        affine: learn a scale for each feature.

    Example:
        dlx train -m normalization=layer,rms
    """

    def __init__(self, *, eps: Annotated[float, Positive], affine: bool) -> None:
        self.eps, self.affine = eps, affine

    def __call__(self, features: int, dimensions: int) -> nn.Module:
        """Return the layer for (batch, features, *space) with so many axes behind the batch (1 = vectors)."""
        return RootMeanSquare(features, self.eps, self.affine)


class RootMeanSquare(nn.Module):
    """`x / sqrt(mean x² + eps) · weight` for (batch, features, *space)."""

    def __init__(self, features: int, eps: float, affine: bool) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(features)) if affine else None

    def forward(self, x: Tensor) -> Tensor:
        """Normalise (batch, features, *space)."""
        axes = tuple(range(1, x.dim()))
        y = x * torch.rsqrt(x.square().mean(axes, keepdim=True) + self.eps)
        return y if self.weight is None else y * self.weight.view(-1, *[1] * (x.dim() - 2))
