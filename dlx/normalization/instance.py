"""Instance normalization."""

from __future__ import annotations

from typing import Annotated

from torch import nn

from dlx.contracts.normalization import Normalization
from dlx.spec import Positive


class Instance(Normalization):
    """Normalize each channel of each example over space or time (Ulyanov, Vedaldi & Lempitsky 2016).

    Args:
        eps: added to the variance for numerical stability.
        affine: learn a scale and a shift for each channel.

    Example:
        dlx train -m model=cnn normalization=batch,instance
    """

    def __init__(self, *, eps: Annotated[float, Positive], affine: bool) -> None:
        self.eps, self.affine = eps, affine

    def __call__(self, features: int, dimensions: int) -> nn.Module:
        """Return the layer for inputs (batch, features, *space); `dimensions` is the number of axes after the batch."""
        if dimensions == 1:
            raise ValueError(
                "normalization=instance needs maps over space or time, as in model=cnn; of a vector it would leave "
                "nothing but zeros; try normalization=layer"
            )
        layer = {2: nn.InstanceNorm1d, 3: nn.InstanceNorm2d}[dimensions]
        return layer(features, eps=self.eps, affine=self.affine)
