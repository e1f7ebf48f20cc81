"""Normal initialization with a fixed standard deviation."""

from __future__ import annotations

from typing import Annotated

from torch import Generator, Tensor

from dlx.contracts.initializer import Initializer
from dlx.nn.weights import Place
from dlx.spec import Positive


class Normal(Initializer):
    """Draw N(0, std²) regardless of layer size: signals vanish or explode with depth.

    Args:
        std: standard deviation; 0.01 was common (Krizhevsky et al. 2012).

    Example:
        dlx train -m initializer=normal initializer.std=0.01,0.1,1 model.depth=2,20
    """

    def __init__(self, *, std: Annotated[float, Positive]) -> None:
        self.std = std

    def fill(self, weight: Tensor, place: Place, generator: Generator) -> None:
        """Fill one weight matrix."""
        weight.normal_(0.0, self.std, generator=generator)
