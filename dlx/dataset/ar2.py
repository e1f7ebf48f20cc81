"""Second-order autoregressive series."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Series
from dlx.spec import Positive

WARM_UP = 1000  # steps until the beginning is forgotten


class AR2(Dataset):
    """`x[t] = phi1 · x[t-1] + phi2 · x[t-2] + e[t]`, e normal: can oscillate like sunspots (Yule 1927).

    Stationary if phi1 + phi2 < 1, phi2 - phi1 < 1 and phi2 > -1; oscillates if phi1² + 4 phi2 < 0. Its autocorrelation
    at lag 1 is phi1 / (1 - phi2).

    Args:
        length: number of values.
        phi1: coefficient of the last value.
        phi2: coefficient of the value before it.
        sd: standard deviation of the innovations e.

    Example:
        dlx train dataset=ar2 model=linear dataset.phi1=1.5 dataset.phi2=-0.9
    """

    def __init__(
        self, *, length: Annotated[int, Positive], phi1: float, phi2: float, sd: Annotated[float, Positive]
    ) -> None:
        if not (phi1 + phi2 < 1 and phi2 - phi1 < 1 and phi2 > -1):
            raise ValueError(
                f"phi1, phi2: expected phi1 + phi2 < 1, phi2 - phi1 < 1 and phi2 > -1 (stationary), got {phi1}, {phi2}"
            )
        self.length, self.phi1, self.phi2, self.sd = length, phi1, phi2, sd

    def load(self, seed: int) -> Series:
        """Return the series (length, 1)."""
        shocks = self.sd * np.random.default_rng(seed).standard_normal(WARM_UP + self.length)
        values = shocks.tolist()
        for time in range(2, len(values)):
            values[time] += self.phi1 * values[time - 1] + self.phi2 * values[time - 2]
        return Series(np.array(values[WARM_UP:], dtype=np.float32)[:, None], ("ar2",))
