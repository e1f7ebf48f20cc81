"""Tosses of coins."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Table
from dlx.spec import Positive


class Bernoulli(Dataset):
    """Many coins with chances of their own, each tossed n times: how well is the chance known after n tosses?

    An example is one toss of every coin: the input is a constant 1, the targets are heads (1) or tails (0) of each
    coin. Training and validation are n tosses each; the test split is one example whose targets are the true chances,
    so that test/mse is the mean squared error of the estimates.

    Args:
        coins: number of coins; each is a replicate of the experiment.
        n: tosses of each coin.
        alpha: the chances are drawn from Beta(alpha, beta); 1 and 1 is the uniform distribution.
        beta: second parameter of that Beta distribution; the mean chance is alpha / (alpha + beta).

    Example:
        dlx train dataset=bernoulli model=bernoulli dataset.n=10
    """

    def __init__(
        self,
        *,
        coins: Annotated[int, Positive],
        n: Annotated[int, Positive],
        alpha: Annotated[float, Positive],
        beta: Annotated[float, Positive],
    ) -> None:
        self.coins, self.n, self.alpha, self.beta = coins, n, alpha, beta

    def load(self, seed: int) -> Table:
        """Return ones (2n + 1, 1), tosses and in the last row chances (2n + 1, coins)."""
        random = np.random.default_rng(seed)
        chances = random.beta(self.alpha, self.beta, self.coins)
        tosses = random.random((2 * self.n, self.coins)) < chances
        targets = np.concatenate([tosses, chances[None]]).astype(np.float32)
        inputs = np.ones((len(targets), 1), dtype=np.float32)
        return Table(inputs, targets, parts=(self.n, self.n, 1), truth={"chances": chances})
