"""No normalization."""

from __future__ import annotations

from torch import nn


class NoNormalization:
    """No normalization."""

    def __call__(self, features: int, dimensions: int) -> nn.Module:
        """Return the identity, for inputs (batch, features, *space)."""
        return nn.Identity()
