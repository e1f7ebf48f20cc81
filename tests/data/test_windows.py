"""Windows hold the past, targets what follows; differences come back as levels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlx.config.shared_keys import Preparation, SeriesPreparation
from dlx.data.raw import Series
from dlx.data.windows import Differences, cut, reorder
from dlx.errors import ConfigError

COMMON: dict[str, Any] = {"split": [0.6, 0.2, 0.2], "standardize": True, "batch_size": 8}
SERIES = Series(np.random.default_rng(0).uniform(1, 2, (40, 2)), ("a", "b"))


@pytest.mark.parametrize("how", [0, 1, 2, 3, "returns"])
@pytest.mark.parametrize("horizon", [1, 4])
def test_windows_against_a_loop(how: int | str, horizon: int) -> None:
    keys = SeriesPreparation(context_length=5, horizon=horizon, difference=how)
    windows, differences = cut(SERIES, Preparation(**COMMON), keys)
    levels, order = SERIES.values, differences.order
    changed = levels[1:] / levels[:-1] - 1 if how == "returns" else np.diff(levels, how, axis=0)
    assert len(windows.inputs) == 40 - order - 5 - horizon + 1
    for start in range(len(windows.inputs)):
        assert np.array_equal(windows.inputs[start], changed[start : start + 5])
        assert np.array_equal(windows.targets[start], changed[start + 5 : start + 5 + horizon].ravel())
    # what is restored are the levels behind the context, and persistence repeats the last of them
    truth = np.stack([levels[n + 5 + order : n + 5 + order + horizon].ravel() for n in range(len(windows.inputs))])
    np.testing.assert_allclose(differences.restore(windows.targets, windows.history), truth, rtol=1e-9)
    naive = differences.persistence(windows.history, horizon)
    last = np.stack([np.tile(levels[n + 4 + order], horizon) for n in range(len(windows.inputs))])
    np.testing.assert_allclose(differences.restore(naive, windows.history), last, rtol=1e-9)


@given(st.integers(0, 3), st.integers(1, 5), st.integers(0, 100))
@settings(max_examples=40, deadline=None)
def test_differences_are_undone(order: int, horizon: int, seed: int) -> None:
    levels = np.random.default_rng(seed).normal(size=(3, order + 1 + horizon, 2))
    differences = Differences(order, 2)
    changes = differences.apply(levels)[:, -horizon:].reshape(3, -1)
    restored = differences.restore(changes, levels[:, : order + 1])
    np.testing.assert_allclose(restored, levels[:, order + 1 :].reshape(3, -1), atol=1e-9)


def test_series_are_chosen_by_name() -> None:
    keys = SeriesPreparation(context_length=4, horizon=2)
    windows, _ = cut(SERIES, Preparation(**COMMON, features=["b"], target="a"), keys)
    assert windows.names == ("b",)
    assert np.array_equal(windows.inputs[3, :, 0], SERIES.values[3:7, 1])
    assert np.array_equal(windows.targets[3], SERIES.values[7:9, 0])
    assert np.array_equal(windows.history[3, :, 0], SERIES.values[6:7, 0])


@pytest.mark.parametrize("order", ["natural", "reversed", "permuted", "shuffled"])
def test_orders_of_time(order: str) -> None:
    inputs = np.arange(4 * 9 * 2).reshape(4, 9, 2)
    moved = reorder(inputs, order, np.random.default_rng(0))
    steps = (moved[:, :, 0] - moved[:, :, 0].min(1, keepdims=True)) // 2  # (4, 9): where each step came from
    assert (np.sort(steps, 1) == np.arange(9)).all()
    assert (moved[:, :, 1] == moved[:, :, 0] + 1).all()  # the features of a step stay together
    if order in ("natural", "reversed"):
        assert (steps == (np.arange(9) if order == "natural" else np.arange(9)[::-1])).all()
    else:
        assert not np.array_equal(steps[0], np.arange(9))
        assert (steps == steps[0]).all() == (order == "permuted")


@pytest.mark.parametrize(
    ("common", "keys", "message"),
    [
        ({}, {"context_length": 38}, "dataset.context_length: 38 past and 1 future values do not fit"),
        ({}, {"context_length": 20, "horizon": 30}, "dataset.context_length"),
        ({"features": ["c"]}, {}, "dataset.features: no such series 'c'"),
        ({"target": "bb"}, {}, "dataset.target: no such series 'bb'; did you mean 'b'"),
    ],
)
def test_mistakes(common: dict[str, Any], keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        cut(SERIES, Preparation(**COMMON, **common), SeriesPreparation(**{"context_length": 5, "horizon": 1, **keys}))


def test_returns_need_positive_values() -> None:
    series = Series(SERIES.values - 1.5, SERIES.names)
    keys = SeriesPreparation(context_length=5, horizon=1, difference="returns")
    with pytest.raises(ConfigError, match=r"dataset.difference: returns need values above 0"):
        cut(series, Preparation(**COMMON), keys)
