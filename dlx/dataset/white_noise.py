"""White noise."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Series
from dlx.spec import Positive


class WhiteNoise(Dataset):
    """Independent standard normal values: the past does not predict the next value, and the best forecast is 0.

    Args:
        length: number of values.

    Example:
        dlx train dataset=white_noise model=linear
    """

    def __init__(self, *, length: Annotated[int, Positive]) -> None:
        self.length = length

    def load(self, seed: int) -> Series:
        """Return the series (length, 1)."""
        values = np.random.default_rng(seed).standard_normal((self.length, 1), dtype=np.float32)
        return Series(values, ("noise",))
