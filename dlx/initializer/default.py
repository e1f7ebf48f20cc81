"""Torch's default initialization."""

from __future__ import annotations

from torch import Generator, Tensor

from dlx.contracts.initializer import Initializer
from dlx.nn.weights import Place


class Default(Initializer):
    """Keep torch's default: U(-1/sqrt(fan_in), 1/sqrt(fan_in)) for linear and convolutional layers.

    Example:
        dlx train -m initializer=default,he_normal model.depth=2,20
    """

    redraws = False

    def fill(self, weight: Tensor, place: Place, generator: Generator) -> None:
        """Leave the weight as torch drew it."""
