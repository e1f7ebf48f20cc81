"""Dropout."""

from __future__ import annotations

from typing import Annotated

from dlx.contracts.regularizer import Regularizer
from dlx.spec import BelowOne, NonNegative


class Dropout(Regularizer):
    """Set hidden units to zero with probability p and scale the others by 1/(1-p) (Srivastava et al. 2014).

    The dropout layers follow each hidden activation of the model. In evaluation mode they do nothing, which
    approximates the mean over all thinned networks; `monte_carlo_samples` estimates that mean by sampling (Gal &
    Ghahramani 2016).

    Args:
        p: probability of dropping a hidden unit; 0: no dropout.
        monte_carlo_samples: number of thinned networks whose predictions (for classes, probabilities) are averaged in
            the final evaluation; 0: one pass without dropout.

    Example:
        dlx train -m regularizer=dropout regularizer.dropout.p=0,0.2,0.5 dataset.limit=100
    """

    def __init__(
        self, *, p: Annotated[float, BelowOne] = 0.0, monte_carlo_samples: Annotated[int, NonNegative] = 0
    ) -> None:
        self.dropout, self.monte_carlo_samples, self.active = p, monte_carlo_samples, p > 0
