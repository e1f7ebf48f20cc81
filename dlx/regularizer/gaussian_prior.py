"""A Gaussian prior on the weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from torch import Tensor

from dlx.contracts.regularizer import Regularizer
from dlx.regularizer._penalties import sum_of_squares
from dlx.spec import Positive


class GaussianPrior(Regularizer):
    """Make the minimum the most probable weights under the prior N(0, sd²) on each of them (MacKay 1992).

    The negative log density, sum w²/(2 sd²), counts once, the data n times; beside a mean loss it is divided by the n
    training examples, and multiplied by 2 beside a squared error, which is twice the negative log-likelihood of noise
    with standard deviation 1. So it is ridge with alpha = 1/sd² in the units the model sees.

    Args:
        sd: standard deviation of a weight before any data are seen, in units of the noise; null equals `none`.
        biases: count biases and the parameters of norms too.

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
        """Return the negative log density of the weights, up to a constant, as it stands beside the mean loss."""
        return self.strength * sum_of_squares(weights)
