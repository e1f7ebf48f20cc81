"""He (Kaiming) initialization, normal."""

from __future__ import annotations

from typing import Annotated, Literal

from torch import Generator, Tensor

from dlx.contracts.initializer import Initializer
from dlx.nn.weights import Place
from dlx.spec import Positive


class HeNormal(Initializer):
    """Draw N(0, gain² / fan_in) (He et al. 2015, eq. 10: gain = sqrt 2 for ReLU): preserves the forward variance.

    Args:
        gain: factor on the standard deviation; `auto`: sqrt(1 / E[f(z)²]) for the activation f and z ~ N(0, 1).

    Example:
        dlx train -m initializer=xavier_normal,he_normal activation=relu model.depth=10,30
    """

    def __init__(self, *, gain: Annotated[float, Positive] | Literal["auto"]) -> None:
        self.gain = gain

    def fill(self, weight: Tensor, place: Place, generator: Generator) -> None:
        """Fill one weight matrix."""
        gain = place.gain if self.gain == "auto" else float(self.gain)
        weight.normal_(0.0, gain / place.fan_in**0.5, generator=generator)
