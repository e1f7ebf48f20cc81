"""Bounded weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from torch import Tensor

from dlx.contracts.regularizer import Regularizer
from dlx.spec import Positive


class MaxNorm(Regularizer):
    """Keep the norm of the weights into each unit at most `limit` (Srebro & Shraibman 2005; Srivastava et al. 2014).

    After each step the row of a weight matrix that belongs to one unit (one filter of a convolution) is scaled back
    if its Euclidean norm is larger.

    Args:
        limit: largest norm, > 0; null equals `none`.

    Example:
        dlx train 'regularizer=[dropout,max_norm]' regularizer.max_norm.limit=3
    """

    def __init__(self, *, limit: Annotated[float, Positive] | None = None) -> None:
        self.limit = limit
        self.active = self.limit is not None

    def change_weights(self, weights: Mapping[str, Tensor], lr: float) -> dict[str, Tensor]:
        """Return the weights, rows beyond the limit scaled back onto it."""
        changed = {}
        for name, weight in weights.items():
            norms = weight.flatten(1).norm(dim=1).view(-1, *[1] * (weight.dim() - 1))
            # A row within the limit stays as it is, to the last bit.
            changed[name] = (weight * (self.limit / norms)).where(norms > self.limit, weight)
        return changed
