"""Group normalization."""

from __future__ import annotations

from typing import Annotated

from torch import nn

from dlx.contracts.normalization import Normalization
from dlx.spec import Positive


class Group(Normalization):
    """Normalise each example over groups of its features or channels, and over space (Wu & He 2018, eq. 7).

    One group is layer normalization, as many groups as channels instance normalization.

    Args:
        groups: number of groups; it divides the number of features of each hidden layer.
        eps: added to the variance.
        affine: learn a scale and a shift for each feature.

    Example:
        dlx train -m model=cnn normalization=batch,group dataset.batch_size=2,64
    """

    def __init__(self, *, groups: Annotated[int, Positive], eps: Annotated[float, Positive], affine: bool) -> None:
        self.groups, self.eps, self.affine = groups, eps, affine

    def __call__(self, features: int, dimensions: int) -> nn.Module:
        """Return the layer for (batch, features, *space) with so many axes behind the batch (1 = vectors)."""
        if features % self.groups:
            raise ValueError(f"normalization.groups: expected a divisor of the {features} features, got {self.groups}")
        return nn.GroupNorm(self.groups, features, eps=self.eps, affine=self.affine)
