"""Identity initialization."""

from __future__ import annotations

from typing import Annotated

from torch import Generator, Tensor, nn

from dlx.contracts.initializer import Initializer
from dlx.nn.weights import Place
from dlx.spec import Positive


class Identity(Initializer):
    """Each unit copies one input, times gain: on recurrent weights the IRNN (Le, Jaitly & Hinton 2015).

    A kernel copies its center. Units beyond the number of inputs start at 0.

    Args:
        gain: weight of the copied input.

    Example:
        dlx train model=rnn activation=relu initializer.recurrent=identity
    """

    def __init__(self, *, gain: Annotated[float, Positive]) -> None:
        self.gain = gain

    def fill(self, weight: Tensor, place: Place, generator: Generator) -> None:
        """Fill one weight matrix (out, in) or kernel (out, in, *kernel)."""
        if weight.dim() == 2:
            nn.init.eye_(weight)
        else:
            nn.init.dirac_(weight)
        weight.mul_(self.gain)
