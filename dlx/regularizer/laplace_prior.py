"""A Laplace prior on the weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from torch import Tensor

from dlx.contracts.regularizer import Regularizer
from dlx.regularizer._penalties import soft_threshold, sum_of_absolutes
from dlx.spec import Positive


class LaplacePrior(Regularizer):
    """Make the minimum the most probable weights under the prior exp(-|w|/b)/(2b) on each of them (Tibshirani 1996).

    The negative log density, sum |w|/b, counts once, the data n times; beside a mean loss it is divided by the n
    training examples, and multiplied by 2 beside a squared error, which is twice the negative log-likelihood of noise
    with standard deviation 1. So it is the lasso with alpha = 1/(n b) in the units the model sees.

    Args:
        b: scale of the prior (mean of |w| before any data are seen), in units of the noise; null equals `none`.
        proximal: soft-threshold the weights instead of following the gradient: exact zeros (see l1).
        biases: count biases and the parameters of norms too.

    Example:
        dlx train model=linear dataset=diabetes optimizer=sgd regularizer=laplace_prior regularizer.laplace_prior.b=0.01
    """

    def __init__(
        self,
        examples: int,
        likelihood: float | None,
        *,
        b: Annotated[float, Positive] | None = None,
        proximal: bool = False,
        biases: bool = False,
    ) -> None:
        if b is not None and likelihood is None:
            raise ValueError("a prior needs a loss that is a likelihood; try regularizer=l1")
        self.b, self.proximal, self.biases = b, proximal, biases
        self.without = () if proximal else ("change_weights",)  # nothing to do after a step
        self.strength = 0.0 if b is None or likelihood is None else likelihood / (b * examples)
        self.active = self.b is not None

    def penalty(self, weights: Mapping[str, Tensor]) -> Tensor:
        """Return the negative log density of the weights, up to a constant, as it stands beside the mean loss."""
        found = self.strength * sum_of_absolutes(weights)
        return found.detach() if self.proximal else found

    def change_weights(self, weights: Mapping[str, Tensor], lr: float) -> dict[str, Tensor]:
        """Return the weights after the proximal step."""
        return soft_threshold(weights, lr * self.strength) if self.proximal else {}
