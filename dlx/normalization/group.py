"""Group normalization."""

from __future__ import annotations

from typing import Annotated

from torch import nn

from dlx.contracts.normalization import Normalization
from dlx.spec import Positive


class Group(Normalization):
    """Normalize each example over groups of its features or channels, and over space (Wu & He 2018, eq. 7).

    With one group it is layer normalization, with one group per channel instance normalization.

    Args:
        groups: number of groups; must divide the number of features of each hidden layer.
        eps: added to the variance for numerical stability.
        affine: learn a scale and a shift for each feature.

    Example:
        dlx train -m model=cnn normalization=batch,group dataset.batch_size=2,64
    """

    def __init__(self, *, groups: Annotated[int, Positive], eps: Annotated[float, Positive], affine: bool) -> None:
        self.groups, self.eps, self.affine = groups, eps, affine

    def __call__(self, features: int, dimensions: int) -> nn.Module:
        """Return the layer for inputs (batch, features, *space); `dimensions` is the number of axes after the batch."""
        if features % self.groups:
            raise ValueError(f"normalization.groups: expected a divisor of the {features} features, got {self.groups}")
        return nn.GroupNorm(self.groups, features, eps=self.eps, affine=self.affine)
