"""Returns of a stock with volatility clustering."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Series
from dlx.spec import Fraction, Positive

START = 100.0  # price before the first day


class Stock(Dataset):
    """Daily log-returns `r[t] = drift + s[t] z[t]`, z standard normal, with the variances of GARCH(1, 1).

    `s[t]² = omega + alpha (r[t-1] - drift)² + beta s[t-1]²` (Bollerslev 1986, eq. 2 with p = q = 1), where omega =
    volatility² (1 - alpha - beta). The returns are uncorrelated and their best forecast is the drift, but large ones
    follow large ones: the autocorrelation of the squares at lag k is (alpha + beta)^(k-1) alpha (1 - alpha beta -
    beta²) / (1 - 2 alpha beta - beta²), and the kurtosis is 3 (1 - (alpha + beta)²) / (1 - (alpha + beta)² - 2 alpha²),
    above the 3 of a normal distribution.

    There are three series: `return`; `magnitude`, the absolute value of r - drift; and `price`, which begins at 100.
    `dataset.features` and `dataset.target` choose among them, by default the return.

    Args:
        length: number of days.
        volatility: standard deviation of the returns.
        alpha: weight of the last squared return, which makes volatility react.
        beta: weight of the last variance, which makes it persist; alpha + beta < 1.
        drift: mean return of a day.

    Example:
        dlx train -m dataset=stock model=linear 'dataset.features=[return],[magnitude]' dataset.target=magnitude
    """

    def __init__(
        self,
        *,
        length: Annotated[int, Positive],
        volatility: Annotated[float, Positive],
        alpha: Annotated[float, Fraction],
        beta: Annotated[float, Fraction],
        drift: float,
    ) -> None:
        if alpha + beta >= 1:
            raise ValueError(f"alpha: expected alpha + beta < 1 (finite variance), got {alpha} + {beta}")
        self.length, self.volatility, self.alpha, self.beta, self.drift = length, volatility, alpha, beta, drift

    def load(self, seed: int) -> Series:
        """Return return, magnitude and price (length, 3); the first variance is the mean one."""
        shocks = np.random.default_rng(seed).standard_normal(self.length).tolist()
        mean = self.volatility**2
        variance, deviations = mean, [0.0] * self.length
        for day, shock in enumerate(shocks):
            deviations[day] = variance**0.5 * shock
            variance = mean * (1 - self.alpha - self.beta) + self.alpha * deviations[day] ** 2 + self.beta * variance
        returns = self.drift + np.array(deviations)
        price = START * np.exp(np.cumsum(returns))
        values = np.stack([returns, np.abs(deviations), price], 1)
        return Series(values.astype(np.float32), ("return", "magnitude", "price"))
