"""Orthogonal initialization."""

from __future__ import annotations

from typing import Annotated, Literal

from torch import Generator, Tensor, nn

from dlx.contracts.initializer import Initializer
from dlx.nn.weights import Place
from dlx.spec import Positive


class Orthogonal(Initializer):
    """Draw a random orthogonal matrix times gain (Saxe et al. 2014): all singular values are equal.

    A kernel is treated as a matrix (out, in · kernel). The entries have variance gain² / max(out, in · kernel).

    Args:
        gain: value of all singular values; `auto`: sqrt(1 / E[f(z)²]) for the activation f and z ~ N(0, 1).

    Example:
        dlx train initializer=orthogonal activation=tanh model.depth=30
    """

    def __init__(self, *, gain: Annotated[float, Positive] | Literal["auto"]) -> None:
        self.gain = gain

    def fill(self, weight: Tensor, place: Place, generator: Generator) -> None:
        """Fill one weight matrix."""
        gain = place.gain if self.gain == "auto" else float(self.gain)
        nn.init.orthogonal_(weight, gain, generator=generator)
