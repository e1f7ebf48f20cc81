"""Coin tosses."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Table
from dlx.spec import Positive


class Bernoulli(Dataset):
    """Coins with their own probabilities of heads, each tossed n times, to estimate the probabilities from.

    An example is one toss of every coin: the input is a constant 1, the targets are heads (1) or tails (0) of each
    coin. Training and validation splits have n tosses each; the test split is one example whose targets are the true
    probabilities, so that test/mse is the mean squared error of the estimates.

    Args:
        coins: number of coins.
        n: number of tosses of each coin.
        alpha: first parameter of the distribution Beta(alpha, beta) of the probabilities; 1 and 1 is uniform.
        beta: second parameter of that distribution, whose mean is alpha / (alpha + beta).

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
        """Return ones (2n + 1, 1), and tosses with the true probabilities in the last row (2n + 1, coins)."""
        random = np.random.default_rng(seed)
        chances = random.beta(self.alpha, self.beta, self.coins)
        tosses = random.random((2 * self.n, self.coins)) < chances
        targets = np.concatenate([tosses, chances[None]]).astype(np.float32)
        inputs = np.ones((len(targets), 1), dtype=np.float32)
        return Table(inputs, targets, parts=(self.n, self.n, 1), truth={"chances": chances})
