"""First-order autoregressive series."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Series
from dlx.spec import Positive


class AR1(Dataset):
    """`x[t] = phi · x[t-1] + e[t]`, e normal: stationary for |phi| < 1 (Box & Jenkins 1970).

    Its mean is 0, its variance sd² / (1 - phi²), its autocorrelation at lag k phi^k; the best forecast is phi · x[t],
    with mean squared error sd² and skill 1 - (1 + phi) / 2 relative to persistence.

    Args:
        length: number of values.
        phi: autoregressive coefficient, in (-1, 1).
        sd: standard deviation of the innovations e.

    Example:
        dlx train dataset=ar1 model=linear dataset.phi=0.5
    """

    def __init__(self, *, length: Annotated[int, Positive], phi: float, sd: Annotated[float, Positive]) -> None:
        if not -1 < phi < 1:
            raise ValueError(f"phi: expected a value in (-1, 1) (stationary), got {phi}; try dataset=random_walk")
        self.length, self.phi, self.sd = length, phi, sd

    def load(self, seed: int) -> Series:
        """Return the series (length, 1), started in its stationary distribution."""
        shocks = self.sd * np.random.default_rng(seed).standard_normal(self.length)
        shocks[0] /= np.sqrt(1 - self.phi**2)
        values = shocks.tolist()
        for time in range(1, self.length):
            values[time] += self.phi * values[time - 1]
        return Series(np.array(values, dtype=np.float32)[:, None], ("ar1",))
