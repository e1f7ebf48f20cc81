"""Tests of stationarity of a time series."""

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
    """Tests of the forecast series, after `dataset.difference`, for a unit root and for stationarity.

    It reports `stationarity/adf_p` and `stationarity/adf_statistic` of the augmented Dickey-Fuller test (1979), whose
    small p is evidence *against* a unit root, and `stationarity/kpss_p` and `stationarity/kpss_statistic` of the KPSS
    test (Kwiatkowski et al. 1992), whose small p is evidence *against* stationarity; its p is only known between 0.01
    and 0.1. A stationary series has constant statistics, not constant values. If there are several series, the number
    of the series is appended: `stationarity/adf_p/<number>`. The network is not used; the cost is a few regressions on
    the whole series.

    Args:
        every: number of epochs between two measurements; the start and the end of training are always measured.
        regression: deterministic part of the series: `c` a constant, `ct` a constant and a linear trend.

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
                warnings.simplefilter("ignore")  # p is outside the table; adfuller's future return type
                adf = adfuller(values, regression=self.regression)
                level = kpss(values, regression=self.regression, nlags="auto")
            found = {"adf_statistic": adf[0], "adf_p": adf[1], "kpss_statistic": level[0], "kpss_p": level[1]}
            suffix = f"/{number}" if data.series.shape[1] > 1 else ""
            result |= {f"stationarity/{k}{suffix}": torch.tensor(v, dtype=torch.float64) for k, v in found.items()}
        return result
