"""Sine wave."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Series
from dlx.spec import NonNegative, Positive


class Sine(Dataset):
    """`sin(2πt / period + phase) + noise`: predictable from two values, except for the noise.

    Args:
        length: number of values.
        period: number of steps in one period; the phase is drawn at random.
        sd: standard deviation of the Gaussian noise on each value.

    Example:
        dlx train dataset=sine model=linear dataset.sd=0.1
    """

    def __init__(
        self,
        *,
        length: Annotated[int, Positive],
        period: Annotated[float, Positive],
        sd: Annotated[float, NonNegative],
    ) -> None:
        self.length, self.period, self.sd = length, period, sd

    def load(self, seed: int) -> Series:
        """Return the series (length, 1)."""
        random = np.random.default_rng(seed)
        phase = random.uniform(0, 2 * np.pi)
        values = np.sin(2 * np.pi * np.arange(self.length) / self.period + phase)
        values += self.sd * random.standard_normal(self.length)
        return Series(values[:, None].astype(np.float32), ("sine",))
