"""Bernoulli model: one probability for each coin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from dlx.nn.network import Network
from dlx.spec import DataSpec


class Bernoulli(Network):
    """One probability of heads for each coin, whatever the input; its weights are log-odds (Bishop 2006, section 2.1).

    Estimated from the training split by counting instead of gradient descent: the fraction of heads, which is the
    maximum likelihood estimate, or with `regularizer=beta_prior` the maximum a posteriori estimate (heads + a -
    1)/(tosses + a + b - 2). There are as many coins as the data have targets (`dataset.coins`). There is no output
    layer.

    Example:
        dlx train -m model=bernoulli dataset.n=3,10,100 regularizer=none,beta_prior
    """

    accepts = ("vector",)
    targets = ("number",)
    parts = ()
    solves_with = ("beta_prior",)

    def __init__(self, spec: DataSpec) -> None:
        super().__init__()
        self.log_odds = nn.Parameter(torch.zeros(spec.outputs), requires_grad=False)

    def solve(self, inputs: Tensor, targets: Tensor, penalties: Sequence[Any] = ()) -> None:
        """Estimate the probabilities from tosses (examples, coins), 1 for heads, and the pseudo-counts of a prior.

        Where the maximum is not determined (no toss counts) the probability stays 1/2.
        """
        heads, tails = targets.sum(0), (1 - targets).sum(0)
        for prior in penalties:
            heads, tails = heads + prior.a - 1, tails + prior.b - 1
        heads, tails = heads.clamp_min(0), tails.clamp_min(0)  # a density without a bound is largest at the border
        share = torch.where(heads + tails > 0, heads / (heads + tails), 0.5)
        self.log_odds.copy_(torch.logit(share))

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, ...) to probabilities (batch, coins)."""
        return self.log_odds.sigmoid().expand(x.shape[0], -1)
