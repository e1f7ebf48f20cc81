"""Tuning and pretraining before a sweep's own runs, with a launcher that only notes what it is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from dlx.errors import ConfigError
from dlx.results.runs import Run
from dlx.sweep.cells import Cell, cells, study_axes
from dlx.sweep.stages import pretrain_of, pretrained, tune_of, tuned
from tests.conftest import read_json
from tests.study.synthetic import ARMS

NODE = {"arms": ARMS, "axes": {"k": [1, 2]}, "seeds": 4}
TUNE = {"key": "optimizer.lr", "values": [0.1, 1.0], "by": "val/accuracy", "seeds": 2}


class Noting:
    """A launcher whose runs have the metrics that a function says."""

    def __init__(self, metrics: Callable[[Mapping[str, str]], Any]) -> None:
        self.metrics = metrics
        self.told: list[Cell] = []

    def __call__(self, name: Path, parts: Sequence[Cell]) -> list[Run]:
        self.told = list(parts)
        return [self.run(number, cell) for number, cell in enumerate(parts)]

    def run(self, number: int, cell: Cell) -> Run:
        metrics = self.metrics(cell.labels)
        status = metrics if isinstance(metrics, str) else "finished"
        return Run(
            Path(f"run{number}"),
            {
                "status": status,
                "identity": f"{number:08x}",
                "metrics": metrics if status == "finished" else {},
                "best": {},
                "seconds": {"total": 2.0},
            },
        )


def test_each_arm_and_level_gets_its_own_best_value(tmp_path: Path) -> None:
    """Arm a does best with the large value, b with the small one, whatever the seed."""
    launch = Noting(lambda at: {"val/accuracy": 0.9 if (at["arm"] == "a") == (at["optimizer.lr"] == "1") else 0.5})
    rule = tune_of(TUNE)
    assert rule is not None
    found = tuned(rule, cells(study_axes(NODE)), tmp_path, launch)
    assert len(launch.told) == 2 * 2 * 2 * 2  # arms, levels, values, the first two seeds
    assert all(cell.overrides[-1] == "trainer.test=false" for cell in launch.told)
    assert {cell.labels["seed"] for cell in launch.told} == {"0", "1"}
    assert len(found) == 16
    assert all(cell.overrides[-1] == f"optimizer.lr={1 if cell.labels['arm'] == 'a' else 0.1}" for cell in found)
    note = read_json(tmp_path / "tuning.json")
    assert (note["runs"], note["seconds"]) == (16, 32.0)
    assert note["chosen"][0] == {"labels": {"arm": "a", "k": "1"}, "value": "1", "scores": {"0.1": 0.5, "1": 0.9}}


def test_each_seed_may_choose_for_itself(tmp_path: Path) -> None:
    launch = Noting(lambda at: {"val/accuracy": float((at["seed"] == "0") == (at["optimizer.lr"] == "1"))})
    rule = tune_of({**TUNE, "per": "seed"})
    assert rule is not None
    found = tuned(rule, cells(study_axes(NODE)), tmp_path, launch)
    assert all(cell.overrides[-1] == f"optimizer.lr={1 if cell.labels['seed'] == '0' else 0.1}" for cell in found)


def test_a_trial_that_diverged_is_the_worst(tmp_path: Path) -> None:
    launch = Noting(lambda at: "diverged" if at["optimizer.lr"] == "1" else {"val/loss": 9.0})
    rule = tune_of({**TUNE, "by": "val/loss"})
    assert rule is not None
    assert not rule.maximum
    found = tuned(rule, cells(study_axes(NODE)), tmp_path, launch)
    assert {cell.overrides[-1] for cell in found} == {"optimizer.lr=0.1"}


def test_a_metric_that_no_trial_has(tmp_path: Path) -> None:
    rule = tune_of({**TUNE, "by": "val/acuracy"})
    assert rule is not None
    with pytest.raises(
        ConfigError, match=r"study\.tune\.by: no run has the metric 'val/acuracy'; did you mean 'val/accuracy'"
    ):
        tuned(rule, cells(study_axes(NODE)), tmp_path, Noting(lambda at: {"val/accuracy": 1.0}))


def test_a_source_for_each_seed_serves_all_runs_of_the_arms_that_want_it() -> None:
    axes = study_axes(NODE)
    launch = Noting(lambda at: {})
    rule = pretrain_of({"overrides": ["dataset=iris"], "arms": ["a"]}, axes)
    assert rule is not None
    found = pretrained(rule, cells(axes, fixed=["fixed=1"]), axes, ["fixed=1"], launch)
    assert [cell.overrides for cell in launch.told] == [("fixed=1", f"seed={n}", "dataset=iris") for n in range(4)]
    for cell in found:
        source = f"model.init_from='{Path('run' + cell.labels['seed']).resolve()}'"
        assert (cell.overrides[-1] == source) == (cell.labels["arm"] == "a")


def test_a_source_for_each_level_of_an_axis() -> None:
    axes = study_axes(NODE)
    launch = Noting(lambda at: {})
    rule = pretrain_of({"overrides": ["dataset=iris"], "with": ["k"]}, axes)
    assert rule is not None
    pretrained(rule, cells(axes), axes, [], launch)
    assert [cell.labels for cell in launch.told] == [{"k": k, "seed": str(n)} for k in "12" for n in range(4)]


def test_nothing_starts_from_a_source_that_failed() -> None:
    axes = study_axes(NODE)
    rule = pretrain_of({"overrides": ["dataset=iris"]}, axes)
    assert rule is not None
    with pytest.raises(ConfigError, match="is failed; nothing can start from it"):
        pretrained(rule, cells(axes), axes, [], Noting(lambda at: "failed"))
