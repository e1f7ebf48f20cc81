"""Random walk."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Series
from dlx.spec import Positive


class RandomWalk(Dataset):
    """`x[t] = x[t-1] + drift + e[t]`, e standard normal: not stationary; without drift no forecast beats persistence.

    Args:
        length: number of values.
        drift: mean of each step.

    Example:
        dlx train -m dataset=random_walk model=linear dataset.difference=0,1
    """

    def __init__(self, *, length: Annotated[int, Positive], drift: float) -> None:
        self.length, self.drift = length, drift

    def load(self, seed: int) -> Series:
        """Return the series (length, 1)."""
        steps = self.drift + np.random.default_rng(seed).standard_normal((self.length, 1))
        return Series(np.cumsum(steps, 0).astype(np.float32), ("walk",))
