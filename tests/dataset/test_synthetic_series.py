"""Synthetic series have the moments of their theory (Box & Jenkins 1970)."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter

from dlx.dataset.ar1 import AR1
from dlx.dataset.ar2 import AR2
from dlx.dataset.random_walk import RandomWalk
from dlx.dataset.sine import Sine
from dlx.dataset.white_noise import WhiteNoise


def autocorrelation(values: np.ndarray, lag: int) -> float:
    """Return the correlation of a series (time, 1) with itself `lag` steps later."""
    return float(np.corrcoef(values[:-lag, 0], values[lag:, 0])[0, 1])


def test_ar1() -> None:
    values = AR1(length=200_000, phi=0.7, sd=2.0).load(0).values
    for lag in (1, 2, 5):
        assert autocorrelation(values, lag) == pytest.approx(0.7**lag, abs=0.02)
    assert values.var() == pytest.approx(4 / (1 - 0.49), rel=0.03)
    shocks = 2 * np.random.default_rng(0).standard_normal(200_000)
    shocks[0] /= np.sqrt(1 - 0.49)
    np.testing.assert_allclose(values[:, 0], lfilter([1], [1, -0.7], shocks), atol=1e-4)
    beginnings = np.array([AR1(length=2, phi=0.7, sd=2.0).load(seed).values[0, 0] for seed in range(2000)])
    assert beginnings.var() == pytest.approx(4 / (1 - 0.49), rel=0.1)  # stationary from the first value on
    with pytest.raises(ValueError, match=r"phi: expected a value in \(-1, 1\)"):
        AR1(length=10, phi=1.0, sd=1.0)


def test_ar2_follows_yule_walker() -> None:
    phi1, phi2 = 1.5, -0.8
    values = AR2(length=200_000, phi1=phi1, phi2=phi2, sd=1.0).load(0).values
    rho1 = phi1 / (1 - phi2)
    assert autocorrelation(values, 1) == pytest.approx(rho1, abs=0.01)
    assert autocorrelation(values, 2) == pytest.approx(phi1 * rho1 + phi2, abs=0.01)
    assert values.var() == pytest.approx(1 / (1 - phi1 * rho1 - phi2 * (phi1 * rho1 + phi2)), rel=0.05)
    with pytest.raises(ValueError, match="stationary"):
        AR2(length=10, phi1=1.0, phi2=0.1, sd=1.0)


def test_white_noise() -> None:
    values = WhiteNoise(length=100_000).load(0).values
    assert values.std() == pytest.approx(1, abs=0.01)
    assert max(abs(autocorrelation(values, lag)) for lag in range(1, 6)) < 0.015


def test_random_walk_is_a_sum_of_steps() -> None:
    steps = np.diff(RandomWalk(length=50_000, drift=0.5).load(0).values[:, 0])
    assert steps.mean() == pytest.approx(0.5, abs=0.02)
    assert steps.std() == pytest.approx(1, abs=0.02)
    assert abs(autocorrelation(steps[:, None], 1)) < 0.02


def test_sine_follows_its_recurrence() -> None:
    values = Sine(length=300, period=25.0, sd=0.0).load(3).values[:, 0]
    np.testing.assert_allclose(values[2:], 2 * np.cos(2 * np.pi / 25) * values[1:-1] - values[:-2], atol=1e-6)
    np.testing.assert_allclose(values[25:], values[:-25], atol=1e-5)
    noise = (
        Sine(length=50_000, period=25.0, sd=0.3).load(3).values
        - Sine(length=50_000, period=25.0, sd=0.0).load(3).values
    )
    assert noise.std() == pytest.approx(0.3, rel=0.02)
