"""Dropout."""

from __future__ import annotations

from typing import Annotated

from dlx.contracts.regularizer import Regularizer
from dlx.spec import BelowOne, NonNegative


class Dropout(Regularizer):
    """Set hidden units to zero with probability p, scale the rest by 1/(1-p) (Srivastava et al. 2014).

    The layers stand in the model, behind each hidden activation. In evaluation they do nothing, which stands for the
    mean over all thinned networks; `monte_carlo_samples` takes that mean by drawing them (Gal & Ghahramani 2016).

    Args:
        p: share of hidden units dropped in each step, in [0, 1); 0 equals `none`.
        monte_carlo_samples: thinned networks whose predictions (probabilities, for classes) are averaged in the
            evaluation at the end; 0: one pass without dropout.

    Example:
        dlx train -m regularizer=dropout regularizer.dropout.p=0,0.2,0.5 dataset.limit=100
    """

    def __init__(
        self, *, p: Annotated[float, BelowOne] = 0.0, monte_carlo_samples: Annotated[int, NonNegative] = 0
    ) -> None:
        self.dropout, self.monte_carlo_samples, self.active = p, monte_carlo_samples, p > 0
