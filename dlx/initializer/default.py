"""Torch's own initialisation."""

from __future__ import annotations

from torch import Generator, Tensor


class Default:
    """Keep what torch draws: U(-1/sqrt(fan_in), 1/sqrt(fan_in)) for linear and convolutional layers.

    Example:
        dlx train -m initializer=default,he_normal model.depth=2,20
    """

    def fill(self, weight: Tensor, fan_in: int, fan_out: int, gain: float, generator: Generator) -> None:
        """Leave the weight as torch drew it."""
