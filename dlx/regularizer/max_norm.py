"""Max-norm constraint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from torch import Tensor

from dlx.contracts.regularizer import Regularizer
from dlx.spec import Positive


class MaxNorm(Regularizer):
    """Limit the norm of the incoming weights of each unit (Srebro & Shraibman 2005; Srivastava et al. 2014).

    After each step the weights of a unit (a row of a weight matrix, a filter of a convolution) are rescaled if their
    Euclidean norm exceeds `limit`.

    Args:
        limit: maximum norm; null: no limit.

    Example:
        dlx train 'regularizer=[dropout,max_norm]' regularizer.max_norm.limit=3
    """

    def __init__(self, *, limit: Annotated[float, Positive] | None = None) -> None:
        self.limit = limit
        self.active = self.limit is not None

    def change_weights(self, weights: Mapping[str, Tensor], lr: float) -> dict[str, Tensor]:
        """Return the weights, with rows beyond the limit rescaled to it."""
        changed = {}
        for name, weight in weights.items():
            norms = weight.flatten(1).norm(dim=1).view(-1, *[1] * (weight.dim() - 1))
            # A row within the limit stays as it is, to the last bit.
            changed[name] = (weight * (self.limit / norms)).where(norms > self.limit, weight)
        return changed
