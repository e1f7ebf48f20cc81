"""Maxout."""

from __future__ import annotations

from typing import Annotated

from torch import Tensor, nn

from dlx.contracts.activation import Activation
from dlx.spec import AtLeastTwo


class Maxout(nn.Module, Activation):
    """Maximum of `pieces` linear units: a learned convex function (Goodfellow et al. 2013, eq. 1 and 2).

    A layer of width n has n · pieces linear units; `width` counts the outputs.

    Args:
        pieces: number of linear units per output.

    Example:
        dlx train -m activation=relu,maxout
    """

    def __init__(self, *, pieces: Annotated[int, AtLeastTwo]) -> None:
        super().__init__()
        self.pieces = pieces

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, features · pieces, *space) to (batch, features, *space)."""
        return x.unflatten(1, (-1, self.pieces)).amax(2)
