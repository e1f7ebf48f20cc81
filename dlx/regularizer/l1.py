"""L1 penalty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from torch import Tensor

from dlx.contracts.regularizer import Regularizer
from dlx.regularizer._penalties import soft_threshold, sum_of_absolutes
from dlx.spec import NonNegative


class L1(Regularizer):
    """Add `strength * sum |w|` to the mean loss (Tibshirani 1996, lasso), which drives weights to zero.

    With a mean squared error this is scikit-learn's Lasso with alpha = strength / 2. The gradient alone never gives an
    exact zero; the proximal step does (Daubechies et al. 2004): after each step of the optimizer every weight moves
    toward 0 by lr · strength and stops there. It solves the same problem with plain steps (gd, sgd); momentum and
    adaptive step sizes shift the threshold.

    Args:
        strength: weight of the penalty; sweep it on a log scale. 0: no penalty.
        proximal: soft-threshold the weights instead of following the gradient of the penalty.
        biases: include biases and the parameters of normalization layers.

    Example:
        dlx train model=linear dataset=diabetes optimizer=sgd regularizer=l1 regularizer.l1.proximal=true
    """

    def __init__(
        self, *, strength: Annotated[float, NonNegative] = 0.0, proximal: bool = False, biases: bool = False
    ) -> None:
        self.strength, self.proximal, self.biases = strength, proximal, biases
        self.without = () if proximal else ("change_weights",)  # nothing to do after a step
        self.active = self.strength > 0

    def penalty(self, weights: Mapping[str, Tensor]) -> Tensor:
        """Return the scalar penalty, with gradient strength * sign(w); no gradient if the proximal step replaces it."""
        found = self.strength * sum_of_absolutes(weights)
        return found.detach() if self.proximal else found

    def change_weights(self, weights: Mapping[str, Tensor], lr: float) -> dict[str, Tensor]:
        """Return the weights after the proximal step."""
        return soft_threshold(weights, lr * self.strength) if self.proximal else {}
