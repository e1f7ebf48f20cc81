"""Elastic net: L1 and L2 penalty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from torch import Tensor

from dlx.contracts.regularizer import Regularizer
from dlx.regularizer._penalties import soft_threshold, sum_of_absolutes, sum_of_squares
from dlx.spec import Fraction, NonNegative


class ElasticNet(Regularizer):
    """Add `strength * (l1_ratio * sum |w| + (1 - l1_ratio)/2 * sum w²)` to the mean loss (Zou & Hastie 2005).

    Correlated features share weights instead of one being selected. With a mean squared error this is scikit-learn's
    ElasticNet with alpha = strength / 2 and the same l1_ratio.

    Args:
        strength: weight of the penalty; 0: no penalty.
        l1_ratio: fraction of the L1 part; 1 is l1.
        proximal: soft-threshold the weights for the L1 part, which gives exact zeros with plain steps (see l1).
        biases: include biases and the parameters of normalization layers.

    Example:
        dlx train -m regularizer=elastic_net regularizer.elastic_net.l1_ratio=0,0.5,1
    """

    def __init__(
        self,
        *,
        strength: Annotated[float, NonNegative] = 0.0,
        l1_ratio: Annotated[float, Fraction] = 0.5,
        proximal: bool = False,
        biases: bool = False,
    ) -> None:
        self.strength, self.l1_ratio, self.proximal, self.biases = strength, l1_ratio, proximal, biases
        self.without = () if proximal else ("change_weights",)  # nothing to do after a step
        self.active = self.strength > 0

    def penalty(self, weights: Mapping[str, Tensor]) -> Tensor:
        """Return the scalar penalty; gradient strength * (l1_ratio * sign(w) + (1 - l1_ratio) * w)."""
        absolute = self.l1_ratio * sum_of_absolutes(weights)
        square = (1 - self.l1_ratio) / 2 * sum_of_squares(weights)
        return self.strength * ((absolute.detach() if self.proximal else absolute) + square)

    def change_weights(self, weights: Mapping[str, Tensor], lr: float) -> dict[str, Tensor]:
        """Return the weights after the proximal step of the |w| part."""
        return soft_threshold(weights, lr * self.strength * self.l1_ratio) if self.proximal else {}
