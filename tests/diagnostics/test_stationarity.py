"""Stationarity against statsmodels on the raw series."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from statsmodels.tsa.stattools import adfuller, kpss

from dlx.assembly.assemble import assemble
from dlx.dataset.sunspots import Sunspots
from dlx.errors import ConfigError
from dlx.run.run import run


@pytest.mark.parametrize("difference", [0, 1])
@pytest.mark.filterwarnings("ignore")
def test_equals_statsmodels(difference: int, config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    composed = config(
        "dataset=sunspots",
        "model=linear",
        f"dataset.difference={difference}",
        "diagnostics=stationarity",
        "trainer.max_epochs=0",
        "trainer.accelerator=cpu",
    )
    metrics = run(composed, tmp_path / "run", raises=True)["metrics"]
    series = np.diff(Sunspots().load(0).values[:, 0], difference)
    assert metrics["stationarity/adf_statistic"] == pytest.approx(adfuller(series)[0], rel=1e-9)
    assert metrics["stationarity/adf_p"] == pytest.approx(adfuller(series)[1], rel=1e-6)
    statistic, p, *_ = kpss(series, nlags="auto")
    assert metrics["stationarity/kpss_statistic"] == pytest.approx(statistic, rel=1e-9)
    assert metrics["stationarity/kpss_p"] == pytest.approx(p, rel=1e-9)
    if difference == 0:  # sunspots are undecided: p = 0.053
        assert 0.05 < metrics["stationarity/adf_p"] < 0.06


def test_needs_a_series(config: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(ConfigError, match=r"diagnostics\.stationarity: tests a series"):
        assemble(config("diagnostics=stationarity"))
