"""Sizes counted place by place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dlx.assembly.assemble import assemble
from dlx.errors import ConfigError
from dlx.job.convolution_arithmetic import ConvolutionArithmetic

Measure = Callable[..., dict[str, float]]


def places(size: int, kernel: int, padding: int, stride: int, dilation: int) -> int:
    """Count the places of a kernel, one by one."""
    first, count = -padding, 0
    while first + dilation * (kernel - 1) <= size - 1 + padding:
        first, count = first + stride, count + 1
    return count


@pytest.mark.parametrize("kernel", [1, 2, 3, 5, 7])
@pytest.mark.parametrize("padding", [0, 1, 3])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (3, 1), (1, 2), (2, 2)])
def test_counted_by_hand(kernel: int, padding: int, stride: int, dilation: int, measured: Measure) -> None:
    keys = {"kernel_size": kernel, "padding": padding, "stride": stride, "dilation": dilation}
    found = measured(ConvolutionArithmetic(layer="conv", size=15, **keys))
    assert found["error"] == 0
    assert found["formula"] == found["measured"] == places(15, kernel, padding, stride, dilation)


@pytest.mark.parametrize(("kernel", "padding"), [(1, 0), (3, 1), (5, 2), (7, 3)])
def test_same_padding_is_half_of_the_kernel(kernel: int, padding: int, measured: Measure) -> None:
    job = ConvolutionArithmetic(layer="conv", size=9, kernel_size=kernel, padding="same", stride=1, dilation=1)
    found = measured(job)
    assert (found["padding"], found["kept"], found["measured"]) == (padding, 1, 9)


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("job.kernel_size=29", r"job.kernel_size: a kernel over 29 pixels .* at most 28"),
        ("job.kernel_size=0", r"job\.kernel_size: expected int > 0"),
        ("job.padding=full", r"job\.padding: expected int >= 0 or same"),
    ],
)
def test_mistakes(word: str, message: str, config: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(ConfigError, match=message):
        assemble(config("job=convolution_arithmetic", word))


def test_an_even_kernel_has_no_symmetric_padding() -> None:
    with pytest.raises(ValueError, match="symmetric, got 3"):
        ConvolutionArithmetic(layer="conv", size=9, kernel_size=4, padding="same", stride=1, dilation=1)


@pytest.mark.parametrize(("kernel", "padding", "stride"), [(2, 0, 2), (3, 1, 2), (3, 0, 1)])
def test_pooling_follows_the_same_formula(kernel: int, padding: int, stride: int, measured: Measure) -> None:
    job = ConvolutionArithmetic(
        layer="max_pool", size=12, kernel_size=kernel, padding=padding, stride=stride, dilation=1
    )
    found = measured(job)
    assert found["formula"] == found["measured"] == places(12, kernel, padding, stride, 1)
    assert found["share_of_pixels"] == (found["measured"] / 12) ** 2


def test_pooling_sees_no_zeros_alone() -> None:
    with pytest.raises(ValueError, match="at most 1 zeros on each side"):
        ConvolutionArithmetic(layer="max_pool", size=9, kernel_size=3, padding=2, stride=1, dilation=1)
