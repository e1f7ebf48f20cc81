"""Xavier (Glorot) initialization, uniform."""

from __future__ import annotations

from typing import Annotated

from torch import Generator, Tensor

from dlx.contracts.initializer import Initializer
from dlx.nn.weights import Place
from dlx.spec import Positive


class XavierUniform(Initializer):
    """Draw U(-b, b) with b = gain · sqrt(6 / (fan_in + fan_out)) (Glorot & Bengio 2010, eq. 16).

    Args:
        gain: factor on the standard deviation; 1 as in the paper.

    Example:
        dlx train -m initializer=default,xavier_uniform activation=tanh model.depth=10
    """

    def __init__(self, *, gain: Annotated[float, Positive]) -> None:
        self.gain = gain

    def fill(self, weight: Tensor, place: Place, generator: Generator) -> None:
        """Fill one weight matrix; the gain of the activation is not used."""
        bound = self.gain * (6.0 / (place.fan_in + place.fan_out)) ** 0.5
        weight.uniform_(-bound, bound, generator=generator)
