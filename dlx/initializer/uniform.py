"""Uniform initialization with a fixed bound."""

from __future__ import annotations

from typing import Annotated

from torch import Generator, Tensor

from dlx.contracts.initializer import Initializer
from dlx.nn.weights import Place
from dlx.spec import Positive


class Uniform(Initializer):
    """Draw U(-bound, bound) regardless of layer size: variance bound² / 3.

    Args:
        bound: maximum absolute weight.

    Example:
        dlx train -m initializer=uniform initializer.bound=0.01,0.1,1
    """

    def __init__(self, *, bound: Annotated[float, Positive]) -> None:
        self.bound = bound

    def fill(self, weight: Tensor, place: Place, generator: Generator) -> None:
        """Fill one weight matrix."""
        weight.uniform_(-self.bound, self.bound, generator=generator)
