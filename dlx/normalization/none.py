"""No normalization."""

from __future__ import annotations

from torch import nn

from dlx.contracts.normalization import Normalization


class NoNormalization(Normalization):
    """No normalization."""

    def __call__(self, features: int, dimensions: int) -> nn.Module:
        """Return the identity, for inputs (batch, features, *space)."""
        return nn.Identity()
