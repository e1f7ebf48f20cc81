"""Carbon dioxide at Mauna Loa."""

from __future__ import annotations

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Series
from dlx.dataset._shipped import statistics_table


class CO2(Dataset):
    """Weekly carbon dioxide at Mauna Loa 1958 to 2001, 2,284 values in ppm (Keeling & Whorf 2004; in statsmodels).

    An increasing trend with a yearly cycle. The 59 weeks without a measurement repeat the last one, so that nothing of
    the future is used.

    Example:
        dlx train dataset=co2 model=lstm dataset.context_length=52 dataset.difference=1
    """

    seeded = False

    def load(self, seed: int) -> Series:
        """Return the series (2284, 1)."""
        values = np.array([float(cell) if cell else np.nan for cell in statistics_table("co2")["co2"]])
        known = np.maximum.accumulate(np.where(np.isnan(values), 0, np.arange(len(values))))
        return Series(values[known][:, None].astype(np.float32), ("co2",))
