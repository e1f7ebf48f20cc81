"""Decoupled weight decay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import torch
from torch import Tensor

from dlx.contracts.regularizer import Regularizer
from dlx.spec import NonNegative


class WeightDecay(Regularizer):
    """Decoupled weight decay: shrink the weights after each step, `w <- w - lr · strength · w`, with any optimizer.

    Unlike the gradient of the penalty l2, it is not rescaled by an adaptive optimizer (Loshchilov & Hutter 2019). With
    plain gradient descent it equals l2 with half the strength, up to the order of the two steps.

    Args:
        strength: decay rate, multiplied by the learning rate in each step; 0: no decay.
        biases: also shrink biases and the parameters of normalization layers.

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
