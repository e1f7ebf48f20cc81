"""LeCun initialization, normal."""

from __future__ import annotations

from typing import Annotated

from torch import Generator, Tensor

from dlx.contracts.initializer import Initializer
from dlx.nn.weights import Place
from dlx.spec import Positive


class LecunNormal(Initializer):
    """Draw N(0, gain² / fan_in) (LeCun et al. 1998, Efficient BackProp): preserves unit variance through linear units
    and SELU.

    Args:
        gain: factor on the standard deviation; 1 as in the paper.

    Example:
        dlx train initializer=lecun_normal activation=selu model.depth=10
    """

    def __init__(self, *, gain: Annotated[float, Positive]) -> None:
        self.gain = gain

    def fill(self, weight: Tensor, place: Place, generator: Generator) -> None:
        """Fill one weight matrix; the gain of the activation is not used."""
        weight.normal_(0.0, self.gain / place.fan_in**0.5, generator=generator)
