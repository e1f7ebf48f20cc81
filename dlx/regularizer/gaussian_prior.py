"""Gaussian prior on the weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from torch import Tensor

from dlx.contracts.regularizer import Regularizer
from dlx.regularizer._penalties import sum_of_squares
from dlx.spec import Positive


class GaussianPrior(Regularizer):
    """Maximum a posteriori weights under a Gaussian prior N(0, sd²) on each weight (MacKay 1992).

    The negative log density, sum w²/(2 sd²), counts once and the data n times; added to a mean loss it is divided by
    the n training examples, and multiplied by 2 with a squared error, which is twice the negative log-likelihood of
    noise with standard deviation 1. This is ridge regression with alpha = 1/sd² in the units that the model sees, and
    with `model=logistic` and two classes scikit-learn's LogisticRegression with C = sd². Networks and softmax
    regression have a row of weights for each class; the prior is then one on each row, not on log-odds.

    Args:
        sd: standard deviation of the prior, in units of the noise; null: no prior.
        biases: include biases and the parameters of normalization layers.

    Example:
        dlx train -m model=linear dataset=diabetes regularizer=gaussian_prior regularizer.gaussian_prior.sd=0.03,0.1,1
    """

    def __init__(
        self,
        examples: int,
        likelihood: float | None,
        *,
        sd: Annotated[float, Positive] | None = None,
        biases: bool = False,
    ) -> None:
        if sd is not None and likelihood is None:
            raise ValueError("a prior needs a loss that is a likelihood; try regularizer=l2")
        if sd is not None and sd < 1e-12:
            raise ValueError(f"sd: expected at least 1e-12, so that its square can be divided by; got {sd}")
        self.sd, self.biases = sd, biases
        self.strength = 0.0 if sd is None or likelihood is None else likelihood / (2 * sd**2 * examples)
        self.active = self.sd is not None

    def penalty(self, weights: Mapping[str, Tensor]) -> Tensor:
        """Return the negative log density of the weights, up to a constant, in units of the mean loss."""
        return self.strength * sum_of_squares(weights)
