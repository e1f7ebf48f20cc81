"""Weight decay apart from the gradient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import torch
from torch import Tensor

from dlx.contracts.regularizer import Regularizer
from dlx.spec import NonNegative


class WeightDecay(Regularizer):
    """Shrink the weights after each step, `w <- w - lr · strength · w`, whatever the optimizer.

    Decoupled from the gradient (Loshchilov & Hutter 2019): an adaptive optimizer does not rescale it, which it does
    with the penalty l2. Under plain gradient descent it equals l2 with half the strength, up to the order of steps.

    Args:
        strength: share of a weight that one unit of step size takes off, >= 0; 0 equals `none`.
        biases: shrink biases and the parameters of norms too.

    Example:
        dlx train -m regularizer=l2,weight_decay optimizer=sgd,adam
    """

    def __init__(self, *, strength: Annotated[float, NonNegative] = 0.0, biases: bool = False) -> None:
        self.strength, self.biases = strength, biases
        self.active = self.strength > 0

    def change_weights(self, weights: Mapping[str, Tensor], lr: float) -> dict[str, Tensor]:
        """Return the shrunken weights."""
        shrunken = torch._foreach_mul(list(weights.values()), 1 - lr * self.strength)
        return dict(zip(weights, shrunken, strict=True))
