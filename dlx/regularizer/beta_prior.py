"""Beta prior on probabilities of heads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import torch.nn.functional as F
from torch import Tensor

from dlx.contracts.regularizer import Regularizer
from dlx.regularizer._penalties import total
from dlx.spec import Positive


class BetaPrior(Regularizer):
    """Maximum a posteriori probabilities p under a Beta(a, b) prior on each coin (Bishop 2006, section 2.1).

    After k heads in n tosses the estimate is (k + a - 1)/(n + a + b - 2): the prior acts like a - 1 heads and b - 1
    tails seen before. For `model=bernoulli` with `objective.loss=bernoulli`, whose weights are the log-odds of p; the
    density is that of p itself.

    Args:
        a: first parameter of the beta distribution (heads); null: no prior.
        b: second parameter of the beta distribution (tails). a = b = 1 is the uniform prior, whose estimate is the
            fraction of heads.

    Example:
        dlx train -m model=bernoulli dataset.n=3,10,100 regularizer=none,beta_prior
    """

    biases = True  # the log-odds are a vector

    def __init__(
        self,
        model: str,
        loss: str | None,
        examples: int,
        likelihood: float | None,
        *,
        a: Annotated[float, Positive] | None = None,
        b: Annotated[float, Positive] = 1.0,
    ) -> None:
        if a is not None and model != "bernoulli":
            raise ValueError(f"beta_prior is one of chances; expected model=bernoulli, got model={model}")
        if a is not None and loss != "bernoulli":
            raise ValueError(f"beta_prior stands beside a likelihood; expected objective.loss=bernoulli, got {loss}")
        self.a, self.b = 1.0 if a is None else a, b
        self.active, self.share = a is not None, (likelihood or 0.0) / examples

    def penalty(self, weights: Mapping[str, Tensor]) -> Tensor:
        """Return the negative log density of the probabilities, up to a constant, in units of the mean loss."""
        heads = total([F.logsigmoid(log_odds).sum() for log_odds in weights.values()])
        tails = total([F.logsigmoid(-log_odds).sum() for log_odds in weights.values()])
        return -self.share * ((self.a - 1) * heads + (self.b - 1) * tails)
