"""Layer normalization."""

from __future__ import annotations

from typing import Annotated

from torch import nn

from dlx.contracts.normalization import Normalization
from dlx.spec import Positive


class Layer(Normalization):
    """Normalize each example over all its features, independently of the batch (Ba, Kiros & Hinton 2016, eq. 3).

    On maps (batch, channels, *space) mean and variance are computed over channels and space, scale and shift are per
    channel, as in group normalization with one group (Wu & He 2018).

    Args:
        eps: added to the variance for numerical stability.
        affine: learn a scale and a shift for each feature.

    Example:
        dlx train -m normalization=batch,layer dataset.batch_size=2,64
    """

    def __init__(self, *, eps: Annotated[float, Positive], affine: bool) -> None:
        self.eps, self.affine = eps, affine

    def __call__(self, features: int, dimensions: int) -> nn.Module:
        """Return the layer for inputs (batch, features, *space); `dimensions` is the number of axes after the batch."""
        if dimensions == 1:
            return nn.LayerNorm(features, eps=self.eps, elementwise_affine=self.affine)
        return nn.GroupNorm(1, features, eps=self.eps, affine=self.affine)
