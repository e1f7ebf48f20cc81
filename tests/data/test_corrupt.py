"""Noise in labels and inputs hits the share that was asked for, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlx.data.corrupt import append_noise, replace_labels, shuffle_labels
from dlx.data.raw import Label, Table
from dlx.dataset.iris import Iris
from dlx.errors import ConfigError


@given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.floats(0, 0.99), st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_the_share_of_labels_is_exact_and_each_is_another_class(labels: list[int], share: float, seed: int) -> None:
    before = np.array(labels)
    after = replace_labels(before, share, 5, np.random.default_rng(seed))
    assert (after != before).sum() == round(share * len(labels))
    assert set(after) <= set(range(5))


def test_all_other_classes_are_equally_likely_and_shares_are_nested() -> None:
    before = np.zeros(40_000, dtype=int)
    few, many = (replace_labels(before, share, 5, np.random.default_rng(0)) for share in (0.2, 0.4))
    np.testing.assert_allclose(np.bincount(many)[1:], 4000, rtol=0.08)
    hit = few != 0
    assert np.array_equal(many[hit], few[hit])


def test_shuffled_labels_keep_their_counts_and_lose_their_inputs() -> None:
    table = Iris().load(0)
    dealt = shuffle_labels(table, np.random.default_rng(0))
    assert np.bincount(dealt.targets).tolist() == [50, 50, 50]
    assert (dealt.targets == table.targets).mean() == pytest.approx(1 / 3, abs=0.12)
    assert np.array_equal(dealt.inputs, table.inputs)


def test_all_kinds_of_target_are_shuffled_alike() -> None:
    table = Table(np.zeros((40, 2)), np.arange(40), offers={"labels": Label(np.arange(40)[:, None])})
    dealt = shuffle_labels(table, np.random.default_rng(0))
    assert np.array_equal(dealt.targets, dealt.offers["labels"].values[:, 0])
    assert not np.array_equal(dealt.targets, table.targets)


def test_columns_of_noise() -> None:
    table = append_noise(Iris().load(0), 30, np.random.default_rng(0))
    assert table.inputs.shape == (150, 34)
    assert table.features[-1] == "noise_30"
    assert table.inputs[:, 4:].std() == pytest.approx(1, abs=0.05)
    image = Table(np.zeros((2, 1, 3, 3)), np.zeros(2), "image")
    found = append_noise(image, 3, np.random.default_rng(0))  # an image becomes a vector of its pixels
    assert found.input == "vector"
    np.testing.assert_array_equal(found.inputs[:, :-3], image.inputs.reshape(len(image.inputs), -1))
    with pytest.raises(ConfigError, match=r"dataset.noise_features: needs vectors; the dataset gives sequences"):
        append_noise(replace(image, input="sequence"), 1, np.random.default_rng(0))
