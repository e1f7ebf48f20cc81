"""Arms: the same grouping for reports (by parameters), sweeps and studies (by labels)."""

from __future__ import annotations

import math
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from dlx.results.arms import arms, arms_of_labels, group, mean_std
from dlx.results.runs import Run


def run(metric: float, status: str = "finished", **config: Any) -> Run:
    return Run(Path(), {"status": status, "config": config, "metrics": {"m": metric}})


def test_runs_that_differ_in_their_seed_are_one_arm() -> None:
    runs = [run(seed, seed=seed, optimizer=name) for name in ("sgd", "adam") for seed in range(3)]
    keys, found = arms(runs)
    assert keys == ["optimizer"]
    assert [(arm.parameters, arm.values("m")) for arm in found] == [
        ({"optimizer": "sgd"}, [0.0, 1.0, 2.0]),
        ({"optimizer": "adam"}, [0.0, 1.0, 2.0]),
    ]


def test_a_key_of_an_option_differs_among_runs_of_that_option_only() -> None:
    own = {"optimizer": "sgd", "optimizer.momentum": 0.9}
    keys, _ = arms([run(0, **own), run(0, optimizer="adam", **{"optimizer.betas": "[0.9, 0.999]"})])
    assert keys == ["optimizer"]
    keys, _ = arms([run(0, **own), run(0, **{**own, "optimizer.momentum": 0.5})])
    assert keys == ["optimizer.momentum"]


def test_values_that_are_written_alike_are_not_mixed() -> None:
    found = group([({"k": 1}, run(1)), ({"k": "1"}, run(2)), ({}, run(3))], ["k"])
    assert [arm.parameters["k"] for arm in found] == [1, "1", ""]


def test_labels_that_are_all_equal_tell_nothing() -> None:
    keys, found = arms_of_labels(
        [({"arm": a, "depth": "2"}, run(0, status)) for a in "ab" for status in ("finished", "failed")]
    )
    assert keys == ["arm"]
    assert [dict(arm.statuses) for arm in found] == [{"finished": 1, "failed": 1}] * 2


def test_mean_and_standard_deviation() -> None:
    assert mean_std([1.0, 2.0, 4.0]) == (mean([1, 2, 4]), stdev([1, 2, 4]))
    assert all(map(math.isnan, mean_std([])))
    assert mean_std([2.0])[0] == 2.0
