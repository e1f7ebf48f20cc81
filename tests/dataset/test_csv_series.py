"""The user's own series: read in the order of time, and without a look ahead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dlx.assembly.assemble import assemble
from dlx.dataset.csv_series import CSVSeries
from dlx.errors import ConfigError
from dlx.run.run import run

Config = Callable[..., dict[str, Any]]
WORDS = ("dataset=csv_series", "dataset.path=prices.csv", "dataset.time=day", "model=linear")


def write(values: np.ndarray, name: str = "prices.csv") -> None:
    """Write days and two series (time, 2) to a file."""
    days = np.datetime64("2024-01-01") + np.arange(len(values))
    rows = [f"{day},{a},{b}" for day, (a, b) in zip(days, values, strict=True)]
    Path(name).write_text("\n".join(["day,open,close", *rows]) + "\n")


def read(text: str, **changed: Any) -> Any:
    """Write a file and load it."""
    Path("series.csv").write_text(text)
    return CSVSeries(**{"path": "series.csv", "time": "t", "columns": None, "delimiter": "auto", **changed}).load(0)


def test_columns_and_time() -> None:
    series = read("t,a,b\n2024-01-30,1,10\n2024-01-31,2,20\n2024-02-01,3,30\n")
    assert series.names == ("a", "b")
    assert series.values.tolist() == [[1, 10], [2, 20], [3, 30]]
    assert read("t,a,b\n1,1,10\n2.5,2,20\n", columns=["b"]).values.tolist() == [[10], [20]]
    assert read("a\n1\n2\n", time=None).names == ("a",)


@pytest.mark.parametrize(
    ("text", "changed", "message"),
    [
        ("t,a\n2,1\n1,2\n", {}, "series.csv, line 3: time '1' is not after '2'"),
        ("t,a\n2024-01-02,1\n2024-01-02,2\n", {}, "line 3: time '2024-01-02' is not after"),
        ("t,a\n2024-01-02,1\nlater,2\n", {}, "line 3: column 't' holds 'later', expected numbers, or dates"),
        ("t,a\n1,1\n2024-01-02,2\n", {}, "line 3: column 't' holds '2024-01-02'"),
        ("t,a\n\n2,1\n\n1,2\n", {}, "series.csv, line 5: time '1' is not after '2'"),
        ("t,a\n\n1,1\n\n2024-01-02,2\n", {}, "line 5: column 't' holds '2024-01-02'"),
        ("t,a\n1,1\n2,x\n", {}, r"line 3: column 'a' holds 'x', expected a number; .*exclude=\[a\]"),
        ("t,a\n1949-01,1\n1949-02,2\n", {"time": None}, r"line 2: column 't' holds '1949-01', .* dataset.time=t takes"),
        ("t,a\n1,1\n", {"time": "tt"}, r"dataset.time: series.csv has no column 'tt'"),
        ("t,open\n1,1\n", {"columns": ["opne"]}, r"dataset.columns: .*; did you mean 'open'"),
        ("t\n1\n", {}, "no column beside the time"),
        ("t,a\n1,1\n", {"columns": []}, "dataset.columns: .* has no column beside the time; expected at least one"),
        ("t,a\n1,1\n", {"columns": ["a", "a"]}, "dataset.columns: a column stands twice"),
        ("t,a\n1,1\n", {"columns": ["t"]}, "dataset.columns: 't' is the time"),
        ("t,a\n1,1\n", {"time": ""}, "dataset.time: series.csv has no column ''"),
        ("t,a\n1,1\n2,1e39\n", {}, "line 3: column 'a' holds '1e\\+39', expected a number"),
        (
            "t;a\n1;1\n",
            {"delimiter": ","},
            r"dataset.delimiter: .* a single column 't;a'.*; did you mean 'dataset.delimiter=\";\"'",
        ),
        ("t,a\n2024-13-01,1\n", {}, "line 2: column 't' holds '2024-13-01', expected numbers, or dates"),
    ],
)
def test_mistakes(text: str, changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read(text, **changed)


@pytest.mark.parametrize("difference", [0, 1, 2, "returns"])
@given(
    st.integers(0, 1000),
    st.integers(1, 4),
    st.sampled_from([(None, 0), (3, 0), (3, 1), (3, 2)]),
    st.booleans(),
)
@settings(max_examples=4, deadline=None)
def test_shuffling_the_future_changes_nothing_in_the_past(
    tmp_path_factory, difference: int | str, seed: int, horizon: int, fold: tuple[int | None, int], standardize: bool
) -> None:
    from tests.conftest import compose_config

    random = np.random.default_rng(seed)
    values = random.uniform(1, 2, (80, 2))
    folder = tmp_path_factory.mktemp("series")
    words = (*WORDS[:1], f"dataset.path={folder / 'prices.csv'}", *WORDS[2:], "dataset.context_length=5")
    words += (f"dataset.difference={difference}", f"dataset.horizon={horizon}", "dataset.target=close")
    words += ("dataset.folds=null",) if fold[0] is None else (f"dataset.folds={fold[0]}", f"dataset.fold={fold[1]}")
    words += (f"dataset.standardize={str(standardize).lower()}", "dataset.noise=0.1")
    write(values, str(folder / "prices.csv"))
    composed = compose_config(*words)
    before = assemble(composed).data
    order = 1 if difference == "returns" else int(difference)
    for part, later in (("train", before.val), ("val", before.test)):
        begin = int(later.index[0]) + 5 + order  # the first value that is a target of the later part
        future = values.copy()
        random.shuffle(future[begin:])
        write(future, str(folder / "prices.csv"))
        after = assemble(composed).data
        for ours, theirs in ((before.train, after.train), (before.splits()[part], after.splits()[part])):
            assert torch.equal(ours.inputs, theirs.inputs)
            assert torch.equal(ours.targets, theirs.targets)
            assert ours.last is not None
            assert theirs.last is not None
            assert torch.equal(ours.last, theirs.last)
        assert not torch.equal(before.test.targets, after.test.targets)
        write(values, str(folder / "prices.csv"))


def test_walking_forward_beats_persistence_on_a_wave(config: Config, tmp_path: Path) -> None:
    time = np.arange(200)
    write(np.stack([np.sin(time / 3), np.cos(time / 5)], 1) + 2)
    words = (*WORDS, "dataset.folds=4", "dataset.fold=2", "optimizer.lr=0.02", "trainer.accelerator=cpu")
    summary = run(config(*words, "dataset.context_length=6"), tmp_path / "run", raises=True)
    assert summary["metrics"]["test/skill"] > 0.9
    assert summary["metrics"]["test/mse"] < summary["baseline"]["test/mse"]
