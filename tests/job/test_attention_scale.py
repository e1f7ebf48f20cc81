"""Attention scores against theory."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dlx.job.attention_scale import AttentionScale

Measure = Callable[..., dict[str, float]]


@pytest.mark.parametrize("dimension", [4, 64, 256])
def test_variance_is_the_dimension_unless_scaled(dimension: int, measured: Measure) -> None:
    for scale, variance in ((True, 1), (False, dimension)):
        found = measured(AttentionScale(dimension=dimension, scale=scale, keys=32, queries=1000))
        assert found["score_variance"] == pytest.approx(variance, rel=0.05)


def test_without_the_scale_entropy_and_gradient_fall(measured: Measure) -> None:
    found = {
        (d, scale): measured(AttentionScale(dimension=d, scale=scale, keys=32, queries=500))
        for d in (4, 64, 512)
        for scale in (True, False)
    }
    for name in ("entropy", "gradient_norm"):
        without = [found[d, False][name] for d in (4, 64, 512)]
        assert without[0] > without[1] > without[2]
    assert found[512, False]["entropy"] < 0.1
    assert found[512, True]["entropy"] == pytest.approx(found[4, True]["entropy"], abs=0.05)


def test_equal_keys_share_the_weight(measured: Measure) -> None:
    """Two keys of one dimension, with scores near 0: the entropy is nearly its largest."""
    assert 0.8 < measured(AttentionScale(dimension=1, scale=True, keys=2, queries=2000))["entropy"] <= 1
