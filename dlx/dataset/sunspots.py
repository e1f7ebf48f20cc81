"""Sunspot numbers."""

from __future__ import annotations

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Series
from dlx.dataset._shipped import library_file


class Sunspots(Dataset):
    """Yearly sunspot numbers 1700 to 2008, 309 values with a cycle of about 11 years (Yule 1927; in statsmodels).

    Example:
        dlx train model=lstm dataset=sunspots dataset.context_length=20
    """

    seeded = False

    def load(self, seed: int) -> Series:
        """Return the series (309, 1)."""
        file = library_file("statsmodels", "datasets", "sunspots", "sunspots.csv")
        rows = np.loadtxt(file, delimiter=",", skiprows=1, dtype=np.float32)
        return Series(rows[:, 1:], ("sunspots",))
