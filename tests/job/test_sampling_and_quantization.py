"""Quantization noise and aliasing against theory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from dlx.job import sampling_and_quantization as job
from dlx.job.sampling_and_quantization import SamplingAndQuantization

Measure = Callable[..., dict[str, float]]


def digital(**keys: Any) -> SamplingAndQuantization:
    return SamplingAndQuantization(**{"image": "flower", "bits": 8, "stride": 1, "antialias": "none", **keys})


def test_a_ramp_loses_the_twelfth_of_a_squared_cell() -> None:
    ramp = np.linspace(0, 1, 1_000_001)
    for bits in (1, 4, 8):
        formula = 10 * np.log10(12 * 4**bits)
        assert job.psnr(job.quantize(ramp, bits), ramp) == pytest.approx(formula, abs=0.01)


@pytest.mark.parametrize("image", ["china", "flower"])
def test_six_decibels_a_bit(image: str, measured: Measure) -> None:
    found = [measured(digital(image=image, bits=bits)) for bits in range(3, 9)]
    slope = np.polyfit(range(3, 9), [each["psnr"] for each in found], 1)[0]
    assert slope == pytest.approx(6.02, abs=0.5)
    assert found[0]["psnr_formula"] == pytest.approx(10 * np.log10(12 * 4**3))


def test_a_wave_above_the_limit_is_folded(monkeypatch: pytest.MonkeyPatch, measured: Measure) -> None:
    """Of every other pixel of cos(2π 40 x / 64) all is alias: it looks like cos(2π 8 x / 32)."""
    x = np.arange(64)
    wave = np.cos(2 * np.pi * 40 * x / 64)[None].repeat(64, 0)
    folded = np.cos(2 * np.pi * 8 * np.arange(32) / 32)[None].repeat(64, 0)
    np.testing.assert_allclose(wave[:, ::2], folded, atol=1e-12)
    slow = np.cos(2 * np.pi * 8 * x / 64)[None].repeat(64, 0)
    for image, share in ((wave, 1.0), (slow, 0.0), (wave + slow, None)):
        monkeypatch.setattr(job, "luminance", lambda name, image=image: image)
        found = measured(digital(stride=2))["alias_share"]
        if share is not None:
            assert found == pytest.approx(share, abs=1e-12)
        else:
            assert 0 < found < 1
        assert measured(digital(stride=2, antialias="ideal"))["alias_share"] < 1e-20


@pytest.mark.parametrize("stride", [2, 4, 8])
def test_smoothing_first_aliases_less(stride: int, measured: Measure) -> None:
    none, mean, ideal = (
        measured(digital(stride=stride, antialias=kind))["alias_share"] for kind in ("none", "mean", "ideal")
    )
    assert none > 1.5 * mean
    assert mean > 1e-4 > 1e-20 > ideal


def test_nothing_is_lost_without_a_stride(measured: Measure) -> None:
    assert measured(digital())["alias_share"] == 0


@pytest.mark.parametrize(("keys", "message"), [({"bits": 17}, "at most 16"), ({"stride": 65}, "at most 64")])
def test_mistakes(keys: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        digital(**keys)
