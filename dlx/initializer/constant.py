"""Constant initialization."""

from __future__ import annotations

from torch import Generator, Tensor

from dlx.contracts.initializer import Initializer
from dlx.nn.weights import Place


class Constant(Initializer):
    """Set every weight to one value: all units of a layer stay identical and learn the same feature (symmetry).

    Args:
        value: value of every weight.

    Example:
        dlx train -m initializer=zeros,constant,he_normal
    """

    def __init__(self, *, value: float) -> None:
        self.value = value

    def fill(self, weight: Tensor, place: Place, generator: Generator) -> None:
        """Fill one weight matrix."""
        weight.fill_(self.value)
