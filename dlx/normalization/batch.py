"""Batch normalization."""

from __future__ import annotations

from typing import Annotated

from torch import nn

from dlx.spec import Fraction, Positive


class Batch:
    """Normalise each feature over the batch, then scale and shift it (Ioffe & Szegedy 2015, Algorithm 1).

    In evaluation the running mean and variance take the place of the batch's (Algorithm 2).

    Args:
        eps: added to the variance, so that a constant feature does not divide by zero.
        momentum: weight of the newest batch in the running statistics.
        affine: learn a scale and a shift for each feature (gamma and beta).

    Example:
        dlx train -m normalization=none,batch optimizer.lr=0.01,0.1,1
    """

    def __init__(self, *, eps: Annotated[float, Positive], momentum: Annotated[float, Fraction], affine: bool) -> None:
        self.eps, self.momentum, self.affine = eps, momentum, affine

    def __call__(self, features: int, dimensions: int) -> nn.Module:
        """Return the layer for (batch, features, *space) with so many axes behind the batch (1 = vectors)."""
        layer = {1: nn.BatchNorm1d, 2: nn.BatchNorm1d, 3: nn.BatchNorm2d}[dimensions]
        return layer(features, eps=self.eps, momentum=self.momentum, affine=self.affine)
