"""Flow of the Nile."""

from __future__ import annotations

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Series
from dlx.dataset._shipped import statistics_table


class Nile(Dataset):
    """Yearly flow of the Nile at Aswan 1871 to 1970, 100 values, with a drop in 1898 (Cobb 1978; in statsmodels).

    Example:
        dlx train dataset=nile model=linear dataset.context_length=5
    """

    seeded = False

    def load(self, seed: int) -> Series:
        """Return the series (100, 1)."""
        return Series(np.array(statistics_table("nile")["volume"], dtype=np.float32)[:, None], ("volume",))
