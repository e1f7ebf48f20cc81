"""Macroeconomic series of the United States."""

from __future__ import annotations

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Series
from dlx.dataset._shipped import statistics_table


class Macrodata(Dataset):
    """Twelve quarterly series of the US economy, 1959 to 2009, 203 values each (in statsmodels).

    Output, consumption, investment and income grow, rates do not; `dataset.target` selects the series to forecast.

    Example:
        dlx train dataset=macrodata dataset.target=unemp 'dataset.features=[unemp,infl,realgdp]'
    """

    seeded = False

    def load(self, seed: int) -> Series:
        """Return the series (203, 12)."""
        columns = {
            name: cells for name, cells in statistics_table("macrodata").items() if name not in ("year", "quarter")
        }
        return Series(np.array(list(columns.values()), dtype=np.float32).T, tuple(columns))
