"""Layers for vectors, applied to every step of sequences."""

from __future__ import annotations

from torch import Tensor, nn


class PerStep(nn.Module):
    """A layer for vectors, applied to every step of sequences (batch, time, features)."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs of all steps (batch, time, ...)."""
        return self.layer(x.flatten(0, 1)).unflatten(0, x.shape[:2])
