"""Synthetic series have the moments of their theory (Box & Jenkins 1970)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.signal import lfilter

from dlx.assembly.assemble import assemble
from dlx.dataset._motion import ACTIVITIES
from dlx.dataset.ar1 import AR1
from dlx.dataset.ar2 import AR2
from dlx.dataset.imu import IMU
from dlx.dataset.imu_series import IMUSeries
from dlx.dataset.random_walk import RandomWalk
from dlx.dataset.sine import Sine
from dlx.dataset.stock import Stock
from dlx.dataset.white_noise import WhiteNoise
from dlx.seeds import Streams


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


def test_stock_has_the_moments_of_garch() -> None:
    """Bollerslev 1986: variance, kurtosis and the autocorrelation of the squares, and no correlation of returns."""
    alpha, beta = 0.15, 0.7
    values = Stock(length=400_000, volatility=0.02, alpha=alpha, beta=beta, drift=1e-4).load(0).values.astype(float)
    deviations = values[:, :1] - 1e-4
    assert values[:, 0].mean() == pytest.approx(1e-4, abs=1e-4)
    assert deviations.var() == pytest.approx(0.02**2, rel=0.03)
    kurtosis = 3 * (1 - (alpha + beta) ** 2) / (1 - (alpha + beta) ** 2 - 2 * alpha**2)
    assert (deviations**4).mean() / deviations.var() ** 2 == pytest.approx(kurtosis, rel=0.1)
    first = alpha * (1 - alpha * beta - beta**2) / (1 - 2 * alpha * beta - beta**2)
    for lag in (1, 2, 5):
        assert autocorrelation(deviations**2, lag) == pytest.approx(first * (alpha + beta) ** (lag - 1), abs=0.03)
        assert abs(autocorrelation(deviations, lag)) < 0.01
    np.testing.assert_allclose(values[:, 1], np.abs(deviations[:, 0]), atol=1e-7)


def test_stock_without_memory_is_noise_and_its_price_compounds() -> None:
    values = Stock(length=5000, volatility=0.02, alpha=0.0, beta=0.0, drift=0.0).load(3).values
    np.testing.assert_allclose(values[:, 0], 0.02 * np.random.default_rng(3).standard_normal(5000), rtol=1e-5)
    np.testing.assert_allclose(np.diff(np.log(values[:, 2].astype(float))), values[1:, 0], atol=1e-6)
    assert values[0, 2] == pytest.approx(100 * np.exp(values[0, 0]))
    with pytest.raises(ValueError, match=r"alpha: expected alpha \+ beta < 1 \(finite variance\), got 0.2 \+ 0.8"):
        Stock(length=10, volatility=0.01, alpha=0.2, beta=0.8, drift=0.0)


def test_returns_of_the_price_are_the_returns(config: Callable[..., dict[str, Any]]) -> None:
    """`difference=returns` needs positive values of the chosen series alone; it gives exp(r) - 1."""
    words = ("dataset=stock", "dataset.features=[price]", "dataset.target=price", "dataset.difference=returns")
    data = assemble(config(*words, "model=linear", "dataset.length=300")).data
    assert data.series is not None
    returns = Stock(length=300, volatility=0.01, alpha=0.1, beta=0.85, drift=0.0)
    seed = Streams.of(0, {}).data
    np.testing.assert_allclose(data.series[:, 0], np.expm1(returns.load(seed).values[1:, 0]), atol=1e-6)


def imu(**keys: float) -> IMU:
    return IMU(**{"examples": 400, "length": 100, "rate": 25.0, "bias": 0.0, "drift": 0.0, "noise_sd": 0.0, **keys})  # type: ignore[arg-type]


def test_imu_at_rest_measures_gravity_and_its_errors() -> None:
    """Without movement: the bias between windows, a random walk whose variance grows with time, and white noise."""
    exact = imu().load(0)
    still = exact.targets == 0
    assert exact.classes == ("still", "walking", "running", "cycling")
    np.testing.assert_allclose(exact.inputs[still], np.broadcast_to([0, 0, 9.81, 0, 0, 0], (100, 100, 6)), atol=1e-6)
    errors = imu(examples=4000, bias=0.5, drift=0.4, noise_sd=0.1).load(0).inputs[::4] - [0, 0, 9.81, 0, 0, 0]
    assert errors[:, 0].var() == pytest.approx(0.5**2 + 0.1**2, rel=0.05)
    for steps in (25, 75):
        change = (errors[:, steps] - errors[:, 0]).var()
        assert change == pytest.approx(0.4**2 * steps / 25 + 2 * 0.1**2, rel=0.06)


def test_imu_moves_at_the_frequency_of_its_activity() -> None:
    """Woodman 2007 for the errors; the spectrum of the vertical acceleration has its peak at the activity's pace."""
    table = imu(length=1000).load(0)
    vertical = table.inputs[:, :, 2] - table.inputs[:, :, 2].mean(1, keepdims=True)
    peaks = np.abs(np.fft.rfft(vertical)).argmax(1) * 25 / 1000
    for kind, (frequency, strength, _) in enumerate(list(ACTIVITIES.values())[1:], 1):
        rows = table.targets == kind
        assert np.median(peaks[rows]) == pytest.approx(frequency, rel=0.04)
        power = strength**2 * (1 + 0.3**2) / 2 * np.exp(2 * 0.1**2)  # two sines, times a lognormal strength
        assert vertical[rows].var() == pytest.approx(power, rel=0.1)
    horizontal = table.inputs[table.targets == 2, :, :2].std((0, 1))
    assert horizontal[0] == pytest.approx(horizontal[1], rel=0.1)  # worn in any direction


def test_a_recording_passes_through_activities() -> None:
    keys = {"rate": 25.0, "bias": 0.0, "drift": 0.0, "noise_sd": 0.0}
    values = IMUSeries(length=1010, bout=4.0, **keys).load(1).values
    assert values.shape == (1010, 6)
    moves = np.array([values[start : start + 100, 2].std() > 0.01 for start in range(0, 1000, 100)])
    assert moves.any()
    assert not (~moves[1:] & ~moves[:-1]).any()  # never the same activity twice in a row
