"""No normalization."""

from __future__ import annotations

from torch import nn

from dlx.contracts.normalization import Normalization


class NoNormalization(Normalization):
    """Leave the activations as they are: the baseline of the axis."""

    def __call__(self, features: int, dimensions: int) -> nn.Module:
        """Return a layer for (batch, features, *space) with so many axes behind the batch (1 = vectors)."""
        return nn.Identity()
