"""El Niño sea temperatures."""

from __future__ import annotations

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Series
from dlx.dataset._shipped import statistics_table


class ElNino(Dataset):
    """Monthly sea surface temperature off Peru, 1950 to 2010, 732 values in degrees Celsius (in statsmodels).

    Example:
        dlx train dataset=elnino model=lstm dataset.horizon=6
    """

    seeded = False

    def load(self, seed: int) -> Series:
        """Return the series (732, 1)."""
        columns = statistics_table("elnino")
        months = [np.array(columns[name], dtype=np.float32) for name in columns if name != "YEAR"]
        return Series(np.stack(months, 1).reshape(-1, 1), ("temperature",))
