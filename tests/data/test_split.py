"""Divisions of examples: disjoint, stratified, each example in exactly one fold, the future behind the past."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.model_selection import TimeSeriesSplit

from dlx.config.shared_keys import Preparation
from dlx.data.split import split_series, split_table
from dlx.errors import ConfigError


def keys(**changed: Any) -> Preparation:
    """Return common keys with some of them changed."""
    return Preparation(**{"split": [0.6, 0.2, 0.2], "standardize": True, "batch_size": 8, **changed})


@given(
    st.lists(st.integers(0, 3), min_size=12, max_size=80),
    st.integers(0, 2**40),
    st.booleans(),
    st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 5)),
)
@settings(max_examples=60, deadline=None)
def test_parts_are_disjoint_and_of_the_right_size(labels: list[int], seed: int, stratify: bool, shares: tuple) -> None:
    split = [share / sum(shares) for share in shares]
    assume(min(split) * len(labels) >= 2)
    index = split_table(np.array(labels), stratify, keys(split=split), seed)
    everything = np.concatenate(list(index.values()))
    assert sorted(everything) == list(range(len(labels)))
    for share, chosen in zip(split, index.values(), strict=True):
        assert abs(len(chosen) - share * len(labels)) <= 1


@given(st.lists(st.integers(0, 2), min_size=20, max_size=70), st.integers(2, 8), st.booleans(), st.integers(0, 2**40))
@settings(max_examples=40, deadline=None)
def test_folds_test_each_example_exactly_once(labels: list[int], folds: int, stratify: bool, seed: int) -> None:
    targets = np.array(labels)
    tested, counts = [], []
    for fold in range(folds):
        index = split_table(targets, stratify, keys(folds=folds, fold=fold), seed)
        assert sorted(np.concatenate(list(index.values()))) == list(range(len(labels)))
        tested += index["test"].tolist()
        counts.append([np.sum(targets[index["test"]] == label) for label in range(3)])
    assert sorted(tested) == list(range(len(labels)))
    sizes = np.sum(counts, axis=1)
    assert sizes.max() - sizes.min() <= 1
    if stratify:
        assert (np.max(counts, axis=0) - np.min(counts, axis=0)).max() <= 1


def test_shares_are_stratified() -> None:
    targets = np.repeat([0, 1, 2], [60, 30, 10])
    index = split_table(targets, True, keys(split=[0.5, 0.2, 0.3]), 7)
    for name, share in zip(index, (0.5, 0.2, 0.3), strict=True):
        counts = np.bincount(targets[index[name]], minlength=3)
        assert np.abs(counts - share * np.array([60, 30, 10])).max() <= 1
    unstratified = split_table(targets, False, keys(split=[0.5, 0.2, 0.3]), 7)
    assert not np.array_equal(index["train"], unstratified["train"])


@pytest.mark.parametrize("folds", [2, 3, 5])
def test_rolling_origin_equals_time_series_split(folds: int) -> None:
    truth = TimeSeriesSplit(folds).split(np.zeros(47))
    for fold, (before, test) in enumerate(truth):
        index = split_series(47, 0, keys(folds=folds, fold=fold))
        assert index["test"].tolist() == test.tolist()
        assert np.concatenate([index["train"], index["val"]]).tolist() == before.tolist()


def test_windows_that_reach_over_a_border_are_left_out() -> None:
    index = split_series(50, 3, keys())
    assert index["train"].tolist() == list(range(27))  # 0.6 * 50 = 30, and 3 whose targets reach into validation
    assert index["val"].tolist() == list(range(30, 37))
    assert index["test"].tolist() == list(range(40, 50))


def test_a_limit_keeps_the_latest_windows_and_a_stratified_choice_of_examples() -> None:
    assert split_series(50, 0, keys(limit=5))["train"].tolist() == [25, 26, 27, 28, 29]
    targets = np.arange(100) % 4
    chosen = split_table(targets, True, keys(limit=8), 0)["train"]
    assert np.bincount(targets[chosen]).tolist() == [2, 2, 2, 2]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"split": [0.5, 0.5]}, r"dataset.split: expected three shares"),
        ({"split": [0.9, 0.9, 0.1]}, r"add up to at most 1"),
        ({"split": [0.9, 0.0, 0.1]}, r"leaves no val example of"),
        ({"limit": 1000}, r"dataset.limit: expected at most the 18 training examples, got 1000"),
        ({"folds": 31}, r"dataset.folds: expected at most the 30 examples, got 31"),
        ({"folds": 3, "fold": 3}, r"dataset.fold: expected 0 to 2"),
        ({"folds": 3, "split": [0.0, 0.0, 1.0]}, r"leaves no train example"),
    ],
)
def test_mistakes(changed: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        split_table(np.zeros(30, dtype=int), False, keys(**changed), 0)


def test_leave_one_out_tests_every_example_once() -> None:
    labels = np.array([0, 0, 0, 1, 1, 1, 1])
    tested = []
    for fold in range(len(labels)):
        index = split_table(labels, True, keys(folds="leave_one_out", fold=fold), seed=0)
        assert len(index["test"]) == 1
        assert set(index["train"]) | set(index["val"]) == set(range(7)) - set(index["test"])
        tested += list(index["test"])
    assert sorted(tested) == list(range(7))
    with pytest.raises(ConfigError, match=r"dataset.fold: expected 0 to 6"):
        split_table(labels, True, keys(folds="leave_one_out", fold=7), seed=0)
    with pytest.raises(ConfigError, match=r"expected a number for a series"):
        split_series(20, 0, keys(folds="leave_one_out"))
