"""Xavier (Glorot) initialization, normal."""

from __future__ import annotations

from typing import Annotated

from torch import Generator, Tensor

from dlx.contracts.initializer import Initializer
from dlx.nn.weights import Place
from dlx.spec import Positive


class XavierNormal(Initializer):
    """Draw N(0, gain² · 2 / (fan_in + fan_out)) (Glorot & Bengio 2010, eq. 12): preserves variance through tanh layers.

    Args:
        gain: factor on the standard deviation; 1 as in the paper.

    Example:
        dlx train -m initializer=xavier_normal,he_normal activation=relu model.depth=10,30
    """

    def __init__(self, *, gain: Annotated[float, Positive]) -> None:
        self.gain = gain

    def fill(self, weight: Tensor, place: Place, generator: Generator) -> None:
        """Fill one weight matrix; the gain of the activation is not used."""
        weight.normal_(0.0, self.gain * (2.0 / (place.fan_in + place.fan_out)) ** 0.5, generator=generator)
