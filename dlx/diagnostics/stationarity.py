"""Does the series keep its statistics?"""

from __future__ import annotations

import warnings
from typing import Annotated, Literal

import torch
from torch import Tensor, nn

from dlx.contracts import Batch, Loss
from dlx.contracts.diagnostics import Diagnostic
from dlx.data.prepared import Data
from dlx.spec import DataSpec, Positive


class Stationarity(Diagnostic):
    """Two tests of the series that is forecast, after `dataset.difference`: has it a unit root, is it stationary?

    Gives `stationarity/adf_p` and `stationarity/adf_statistic` (augmented Dickey-Fuller 1979; a small p speaks
    *against* a unit root), and `stationarity/kpss_p` and `stationarity/kpss_statistic` (Kwiatkowski et al. 1992; a
    small p speaks *against* stationarity; its table ends at 0.01 and 0.1). Stationary means constant statistics, not
    constant values. Of several series the name follows: `stationarity/adf_p/<number>`. The network is not asked; costs
    a few regressions on the whole series.

    Args:
        every: epochs between two measurements; the start and the end are always measured.
        regression: what may be in the series besides: `c` a constant, `ct` a constant and a trend.

    Example:
        dlx train dataset=nile model=linear diagnostics=stationarity trainer.max_epochs=0
    """

    examples = 1

    def __init__(self, spec: DataSpec, *, every: Annotated[int, Positive], regression: Literal["c", "ct"]) -> None:
        if spec.target != "series":
            raise ValueError(f"tests a series that is forecast; the data are {spec}; try dataset=sunspots")
        self.every, self.regression = every, regression

    def measure(self, network: nn.Module, batch: Batch, loss: Loss, data: Data) -> dict[str, Tensor]:
        """Return scalars by name."""
        from statsmodels.tsa.stattools import adfuller, kpss

        assert data.series is not None, "a series is kept"
        result: dict[str, Tensor] = {}
        for number, values in enumerate(data.series.T):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that p lies outside the table, that adfuller will return an object
                adf = adfuller(values, regression=self.regression)
                level = kpss(values, regression=self.regression, nlags="auto")
            found = {"adf_statistic": adf[0], "adf_p": adf[1], "kpss_statistic": level[0], "kpss_p": level[1]}
            suffix = f"/{number}" if data.series.shape[1] > 1 else ""
            result |= {f"stationarity/{k}{suffix}": torch.tensor(v, dtype=torch.float64) for k, v in found.items()}
        return result
