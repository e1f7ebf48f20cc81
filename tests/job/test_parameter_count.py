"""Counts against the documents' figures, and against dlx's own layers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dlx.job.parameter_count import ParameterCount
from dlx.model.locally_connected import Local

Measure = Callable[..., dict[str, float]]


def count(measured: Measure, layer: str, size: int, channels: int = 1, outputs: int = 100, kernel: int = 3) -> dict:
    job = ParameterCount(layer=layer, size=size, channels=channels, outputs=outputs, kernel_size=kernel)  # type: ignore[arg-type]
    return measured(job)


def test_a_million_pixels_and_a_hundred_units_are_a_hundred_million_weights(measured: Measure) -> None:
    found = count(measured, "dense", 1000)
    assert found == {"formula": 1e8, "weights": 1e8, "biases": 100, "error": 0}


@pytest.mark.parametrize("size", [8, 1000])
def test_a_convolution_does_not_care_about_the_size(size: int, measured: Measure) -> None:
    assert count(measured, "conv", size, channels=3, outputs=16)["weights"] == 9 * 3 * 16
    assert count(measured, "conv", size, outputs=1)["weights"] == 9


@pytest.mark.parametrize(("size", "kernel"), [(8, 3), (9, 5), (5, 5)])
def test_locally_connected_as_dlx_has_it(size: int, kernel: int, measured: Measure) -> None:
    found = count(measured, "locally_connected", size, channels=2, outputs=4, kernel=kernel)
    layer = Local(2, 4, kernel, 1, (size, size))
    assert found["weights"] == found["formula"] == layer.weight.numel()
    assert found["biases"] == layer.bias.numel()


def test_a_kernel_larger_than_the_image() -> None:
    with pytest.raises(ValueError, match="at most the size 3"):
        ParameterCount(layer="conv", size=3, channels=1, outputs=1, kernel_size=5)
