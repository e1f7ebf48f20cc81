"""Laplace prior on the weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from torch import Tensor

from dlx.contracts.regularizer import Regularizer
from dlx.regularizer._penalties import soft_threshold, sum_of_absolutes
from dlx.spec import Positive


class LaplacePrior(Regularizer):
    """Maximum a posteriori weights under a Laplace prior exp(-|w|/b)/(2b) on each weight (Tibshirani 1996).

    The negative log density, sum |w|/b, counts once and the data n times; added to a mean loss it is divided by the n
    training examples, and multiplied by 2 with a squared error, which is twice the negative log-likelihood of noise
    with standard deviation 1. This is the lasso with alpha = 1/(n b) in the units that the model sees.

    Args:
        b: scale of the prior, the mean of |w|, in units of the noise; null: no prior.
        proximal: soft-threshold the weights instead of following the gradient, which gives exact zeros (see l1).
        biases: include biases and the parameters of normalization layers.

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
        """Return the negative log density of the weights, up to a constant, in units of the mean loss."""
        found = self.strength * sum_of_absolutes(weights)
        return found.detach() if self.proximal else found

    def change_weights(self, weights: Mapping[str, Tensor], lr: float) -> dict[str, Tensor]:
        """Return the weights after the proximal step."""
        return soft_threshold(weights, lr * self.strength) if self.proximal else {}
