"""Truncated normal initialization."""

from __future__ import annotations

from statistics import NormalDist
from typing import Annotated

from torch import Generator, Tensor, nn

from dlx.contracts.initializer import Initializer
from dlx.nn.weights import Place
from dlx.spec import Positive


class TruncatedNormal(Initializer):
    """Draw N(0, s²) truncated at `cut` standard deviations, with s such that the weights have variance std².

    A standard normal truncated at c has variance 1 - 2 c φ(c) / (2 Φ(c) - 1): 0.774 at c = 2.

    Args:
        std: standard deviation of the weights.
        cut: truncation point, in standard deviations of the untruncated normal.

    Example:
        dlx train -m initializer=normal,truncated_normal
    """

    def __init__(self, *, std: Annotated[float, Positive], cut: Annotated[float, Positive]) -> None:
        if cut < 1e-3:
            raise ValueError(
                f"cut: expected at least 0.001, where the draw is flat; got {cut}; try initializer=uniform"
            )
        self.cut = cut
        normal = NormalDist()
        left = 1 - 2 * cut * normal.pdf(cut) / (2 * normal.cdf(cut) - 1)
        self.scale = std / left**0.5

    def fill(self, weight: Tensor, place: Place, generator: Generator) -> None:
        """Fill one weight matrix."""
        end = self.cut * self.scale
        nn.init.trunc_normal_(weight, 0.0, self.scale, -end, end, generator=generator)
