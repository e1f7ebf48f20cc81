"""L2 penalty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from torch import Tensor

from dlx.contracts.regularizer import Regularizer
from dlx.regularizer._penalties import sum_of_squares
from dlx.spec import NonNegative


class L2(Regularizer):
    """Add `strength * sum w²` to the mean loss (Hoerl & Kennard 1970, ridge), which shrinks the weights.

    With a mean squared error over n examples this is scikit-learn's Ridge with alpha = n * strength, with
    `model=logistic` its LogisticRegression with C = 1/(2 n strength).

    Args:
        strength: weight of the penalty; sweep it on a log scale. 0: no penalty.
        biases: include biases and the parameters of normalization layers.

    Example:
        dlx train -m regularizer=l2 regularizer.l2.strength=1e-5,1e-4,1e-3
    """

    def __init__(self, *, strength: Annotated[float, NonNegative] = 0.0, biases: bool = False) -> None:
        self.strength, self.biases = strength, biases
        self.active = self.strength > 0

    def penalty(self, weights: Mapping[str, Tensor]) -> Tensor:
        """Return the scalar penalty of the weights, with gradient 2 * strength * w."""
        return self.strength * sum_of_squares(weights)
