"""He (Kaiming) initialization, uniform."""

from __future__ import annotations

from typing import Annotated, Literal

from torch import Generator, Tensor

from dlx.contracts.initializer import Initializer
from dlx.nn.weights import Place
from dlx.spec import Positive


class HeUniform(Initializer):
    """Draw U(-b, b) with b = gain · sqrt(3 / fan_in): the variance of He et al. (2015, eq. 10), uniformly distributed.

    Args:
        gain: factor on the standard deviation; `auto`: sqrt(1 / E[f(z)²]) for the activation f and z ~ N(0, 1).

    Example:
        dlx train -m initializer=he_uniform,he_normal model.depth=10,30
    """

    def __init__(self, *, gain: Annotated[float, Positive] | Literal["auto"]) -> None:
        self.gain = gain

    def fill(self, weight: Tensor, place: Place, generator: Generator) -> None:
        """Fill one weight matrix."""
        gain = place.gain if self.gain == "auto" else float(self.gain)
        bound = gain * (3.0 / place.fan_in) ** 0.5
        weight.uniform_(-bound, bound, generator=generator)
