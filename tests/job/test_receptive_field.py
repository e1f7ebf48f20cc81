"""Fields against what is known of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dlx.job.receptive_field import ReceptiveField

Measure = Callable[..., dict[str, float]]


def stack(kernels: list[int], **keys: Any) -> ReceptiveField:
    return ReceptiveField(kernel_size=kernels, **{"stride": 1, "dilation": 1, "channels": 1, "draws": 5, **keys})


@pytest.mark.parametrize(
    ("kernels", "keys", "side"),
    [
        ([5], {}, 5),
        ([3, 3], {}, 5),
        ([3, 3, 3], {}, 7),
        ([1, 3, 1], {}, 3),  # 1x1 adds nothing
        ([3, 3], {"stride": [2, 1]}, 7),
        ([3, 3], {"stride": [1, 2]}, 5),  # the last stride comes too late
        ([3, 3, 3], {"dilation": [1, 2, 4]}, 15),  # van den Oord et al. 2016
        ([2, 2, 2, 2], {"dilation": [1, 2, 4, 8]}, 16),
    ],
)
def test_known_fields(kernels: list[int], keys: dict[str, Any], side: int, measured: Measure) -> None:
    found = measured(stack(kernels, **keys))
    assert (found["formula"], found["measured"], found["error"]) == (side, side, 0)


def test_two_of_3_have_18_of_the_25_weights_of_one_of_5(measured: Measure) -> None:
    found = measured(stack([3, 3]))
    assert (found["weights"], found["share_of_one_kernel"]) == (18, 18 / 25)


def test_bottleneck_multiplications_at_256_channels(measured: Measure) -> None:
    plain = measured(stack([3], channels=256))
    bottleneck = measured(stack([1, 3, 1], channels=[256, 64, 64, 256]))
    assert (plain["weights"], bottleneck["weights"]) == (589_824, 69_632)
    assert plain["measured"] == bottleneck["measured"] == 3


def test_dilation_leaves_holes(measured: Measure) -> None:
    assert measured(stack([3], dilation=2))["density"] == pytest.approx(9 / 25)
    assert measured(stack([3, 3]))["density"] == 1


def test_the_effective_field_grows_more_slowly(measured: Measure) -> None:
    """Luo et al. (2016): like the root of the depth, so its share of the field shrinks."""
    shares = [measured(stack([3] * depth, draws=20))["effective_share"] for depth in (2, 8, 24)]
    assert shares[0] > shares[1] > shares[2]
    assert shares[2] < 0.3


@pytest.mark.parametrize(
    ("keys", "message"),
    [({"stride": [1]}, "stride: expected 2 numbers"), ({"channels": [1, 2]}, "channels: expected 3 numbers")],
)
def test_lists_of_another_length(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        stack([3, 3], **keys)
    with pytest.raises(ValueError, match="at least one layer"):
        stack([])
