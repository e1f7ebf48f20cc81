"""Random search: values from a range are seeded, on their scale, whole where the key is, and a longer draw extends."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from scipy.stats import kstest

from dlx.cli.line import parse
from dlx.errors import ConfigError
from dlx.sweep import intervals
from dlx.sweep.cells import Cell
from dlx.sweep.start import start

LR = "optimizer.lr=tag(log,interval(1e-4,1e-1))"


def override(word: str) -> Any:
    """Return a parsed override."""
    return OverridesParser.create().parse_override(word)


def test_the_scale_is_that_of_the_tag() -> None:
    even = intervals.draw(override("optimizer.lr=interval(2,3)"), 400, 0)
    log = np.log10(intervals.draw(override(LR), 400, 0))
    assert kstest(even, "uniform", (2, 1)).pvalue > 0.01
    assert kstest(log, "uniform", (-4, 3)).pvalue > 0.01
    assert kstest(np.log10(even), "uniform", (-4, 3)).pvalue < 1e-6


def test_a_longer_draw_begins_with_a_shorter_one_and_depends_on_the_seed() -> None:
    assert intervals.draw(override(LR), 9, 0)[:5] == intervals.draw(override(LR), 5, 0)
    assert intervals.draw(override(LR), 5, 0) != intervals.draw(override(LR), 5, 1)


@pytest.mark.parametrize("word", ["model.width=interval(2,5)", "model.width=tag(log,interval(2,5))"])
def test_whole_numbers_include_both_ends(word: str) -> None:
    values = intervals.draw(override(word), 300, 0)
    assert set(values) == {2, 3, 4, 5}
    assert all(type(value) is int for value in values)


def test_one_range_is_an_axis_in_order_and_several_are_drawn_together() -> None:
    one = intervals.axis([override(LR)], 0)["optimizer.lr"]
    assert len(one) == intervals.DEFAULT
    assert [level.value for level in one] == sorted(level.value for level in one)
    both = [override("optimizer.lr=tag(samples_7,interval(1,2))"), override("model.width=interval(2,9)")]
    levels = intervals.axis(both, 0)[intervals.SAMPLE]
    assert len(levels) == 7
    assert [level.overrides[1].split("=")[0] for level in levels] == ["model.width"] * 7
    cell = intervals.labeled([Cell({"sample": levels[0].text, "seed": "0"}, ())], ["optimizer.lr", "model.width"])[0]
    assert list(cell.labels) == ["optimizer.lr", "model.width", "seed"]
    assert f"optimizer.lr={cell.labels['optimizer.lr']}" == levels[0].overrides[0]


def test_the_number_of_samples_is_kept_in_the_override() -> None:
    line = parse(["-m", "optim.lr=tag(log,interval(1e-4,1e-1))", "--samples", "7", "seed=1"])
    assert line.overrides == ["optimizer.lr=tag(samples_7,log,interval(1e-4,1e-1))", "seed=1"]
    assert intervals.samples_of([override(line.overrides[0])]) == 7
    assert intervals.with_samples(line.overrides, 9)[0] == "optimizer.lr=tag(samples_9,log,interval(1e-4,1e-1))"
    assert "7 samples of optimizer.lr log-uniformly from 0.0001 to 0.1" in intervals.said(line.overrides)
    assert intervals.said(["seed=1"]) == ""


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("optimizer.lr=interval(1,1)", "expected a range whose first number is the smaller one"),
        ("optimizer.lr=tag(log,interval(0,1))", "a range on a logarithmic scale starts above 0"),
        ("optimizer.lr=tag(samples_0,interval(0,1))", "expected 1 to 100,000 samples, got 0"),
    ],
)
def test_a_range_that_gives_no_values(word: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        intervals.axis([override(word)], 0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--samples", "3", "seed=1"], "--samples: applies to a range"),
        (["--samples=x", LR], "--samples: expected a number of samples"),
    ],
)
def test_samples_without_a_range(words: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse(words)


def test_a_range_without_a_sweep_names_the_flag() -> None:
    with pytest.raises(ConfigError, match=r"is a range .*; add -m .* such as optimizer.lr=0.0001"):
        start([LR], multirun=False)
