"""Sequence problems: the target is what the definition says, checked by a slow loop."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from dlx.dataset.adding import Adding
from dlx.dataset.copy_memory import CopyMemory
from dlx.dataset.delayed_recall import DelayedRecall
from dlx.dataset.flip_flop import FlipFlop
from dlx.dataset.latch import Latch
from dlx.dataset.reversal import Reversal
from dlx.dataset.sorting import Sorting
from dlx.dataset.temporal_order import SYMBOLS, TemporalOrder


def test_delayed_recall() -> None:
    table = DelayedRecall(examples=4000, length=9, lag=3).load(0)
    assert np.array_equal(table.targets[:, 0], table.inputs[:, 5, 0])
    assert table.inputs.std() == pytest.approx(1, abs=0.02)
    correlation = np.corrcoef(table.inputs[:, :, 0].T)
    assert np.abs(correlation - np.eye(9)).max() < 0.08  # independent steps
    with pytest.raises(ValueError, match="lag: expected less than the length 9, got 9"):
        DelayedRecall(examples=1, length=9, lag=9)


def test_adding() -> None:
    table = Adding(examples=20_000, length=11).load(0)
    marked = table.inputs[:, :, 1]
    assert np.array_equal(marked[:, :5].sum(1), np.ones(20_000))
    assert np.array_equal(marked[:, 5:].sum(1), np.ones(20_000))
    for x, y in zip(table.inputs[:50], table.targets[:50], strict=True):
        assert y[0] == pytest.approx(sum(value for value, marker in x if marker == 1))
    assert table.targets.mean() == pytest.approx(1, abs=0.01)
    assert table.targets.var() == pytest.approx(1 / 6, rel=0.03)


def test_copy_memory() -> None:
    table = CopyMemory(examples=500, bits=4, delay=6).load(0)
    assert table.inputs.shape == (500, 11, 2)
    assert np.array_equal(table.inputs[:, :4, 0], table.targets)
    assert not table.inputs[:, 4:, 0].any()
    assert np.array_equal(table.inputs[0, :, 1], [0] * 10 + [1])
    assert (table.targets**2).mean() == 1


def test_temporal_order() -> None:
    table = TemporalOrder(examples=300, length=100).load(0)
    for x, label in zip(table.inputs, table.targets, strict=True):
        word = [SYMBOLS[int(step.argmax())] for step in x]
        places = [number for number, symbol in enumerate(word) if symbol in "XY"]
        assert len(places) == 2
        assert 10 <= places[0] <= 20
        assert 50 <= places[1] <= 60
        assert table.classes[label] == word[places[0]] + word[places[1]]
        assert (word[0], word[-1]) == ("begin", "end")
    assert set(table.targets) == {0, 1, 2, 3}


def test_latch() -> None:
    table = Latch(examples=400, length=12, signal=2, noise=0.5).load(0)
    assert np.array_equal(np.sign(table.inputs[:, 0, 0]), 2 * table.targets - 1)
    rest = table.inputs[:, 2:, 0]
    assert rest.std() == pytest.approx(0.5, rel=0.05)
    assert abs(np.corrcoef(rest.mean(1), table.targets)[0, 1]) < 0.15


@pytest.mark.parametrize(("dataset", "answer"), [(Reversal, lambda word: word[::-1]), (Sorting, sorted)])
def test_symbols_are_reversed_and_sorted(
    dataset: type[Reversal | Sorting], answer: Callable[[list[int]], list[int]]
) -> None:
    table = dataset(examples=2000, length=9, symbols=12).load(0)
    label = table.offers["tokens"]
    assert table.targets is None
    assert label.classes == table.features == tuple(str(number) for number in range(12))
    assert table.inputs.shape == (2000, 9, 12)
    for x, y in zip(table.inputs, label.values, strict=True):
        word = [int(step.argmax()) for step in x]
        assert np.array_equal(x.sum(1), np.ones(9))
        assert y.tolist() == answer(word)
    shares = table.inputs.mean(0)  # of each symbol at each step
    assert np.abs(shares - 1 / 12).max() < 0.03


def test_flip_flop() -> None:
    table = FlipFlop(examples=50, length=15, bits=3, rate=0.2).load(0)
    for x, y in zip(table.inputs, table.targets, strict=True):
        for channel in range(3):
            state = 0
            for value in x[:, channel]:
                state = value if value != 0 else state
            assert y[channel] == state
    assert (table.inputs[:, 1:] != 0).mean() == pytest.approx(0.2, abs=0.03)


@pytest.mark.parametrize("cls", [Reversal, Sorting])
def test_symbols_of_varying_length_are_padded(cls: type[Reversal | Sorting]) -> None:
    table = cls(examples=300, length=6, symbols=4, shortest=2).load(0)
    label, lengths = table.offers["tokens"], table.extra["length"]
    assert set(lengths) == {2, 3, 4, 5, 6}
    assert (table.input, len(table.symbols)) == ("tokens", 7)
    assert label.weights is not None
    for x, y, w, length in zip(table.inputs, label.values, label.weights, lengths, strict=True):
        symbols = (x[:length] - 3).tolist()
        assert min(symbols) >= 0
        assert not x[length:].any()
        assert y[:length].tolist() == (symbols[::-1] if cls is Reversal else sorted(symbols))
        assert w.tolist() == [1.0] * length + [0.0] * (6 - length)
