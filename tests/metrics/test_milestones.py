"""Steps to a value, metrics by stratum, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_squared_error, precision_recall_fscore_support

from dlx.assembly.assemble import assemble
from dlx.errors import ConfigError
from dlx.metrics.milestones import milestones
from dlx.run.run import run

Config = Callable[..., dict[str, Any]]


def test_the_first_epoch_that_is_as_good_counts() -> None:
    rows = [
        {"step": 10, "val/accuracy": 0.5, "val/loss": 1.0},
        {"step": 20, "val/accuracy": 0.9, "val/loss": 0.5},
        {"step": 30, "val/accuracy": 0.8, "val/loss": 0.1},
    ]
    better = {"val/accuracy": "max", "val/loss": "min"}
    found = milestones(rows, {"val/accuracy": 0.9, "val/loss": 0.4}, better.__getitem__)
    assert found == {
        "reached/val/accuracy": 1.0,
        "steps_to/val/accuracy": 20.0,
        "reached/val/loss": 1.0,
        "steps_to/val/loss": 30.0,
    }
    assert milestones(rows, {"val/loss": 0.01}, lambda name: "min") == {"reached/val/loss": 0.0}
    assert milestones(rows, None, lambda name: "min") == {}


def test_steps_to_of_a_run(config: Config, tmp_path: Path) -> None:
    composed = config(
        "metrics.steps_to={val/accuracy:0.8,val/loss:-1}", "trainer.max_epochs=4", "trainer.accelerator=cpu"
    )
    metrics = run(composed, tmp_path / "run", raises=True)["metrics"]
    rows = pd.read_csv(tmp_path / "run" / "metrics.csv")
    assert metrics["steps_to/val/accuracy"] == rows["step"][rows["val/accuracy"] >= 0.8].iloc[0]
    assert metrics["reached/val/loss"] == 0
    assert "steps_to/val/loss" not in metrics


def test_accuracy_by_class_averages_to_the_whole(config: Config, tmp_path: Path) -> None:
    composed = config("metrics.by=class", "trainer.max_epochs=2", "trainer.accelerator=cpu")
    metrics = run(composed, tmp_path / "run", raises=True)["metrics"]
    counts = np.bincount(assemble(composed).data.test.targets)
    by_class = [metrics[f"test/class_{k}/accuracy"] for k in range(10)]
    assert np.average(by_class, weights=counts) == pytest.approx(metrics["test/accuracy"])
    assert len(set(by_class)) > 1


def test_metrics_by_class_are_scikit_learns_report(config: Config, tmp_path: Path) -> None:
    composed = config("metrics.by=class", "trainer.max_epochs=2", "trainer.accelerator=cpu")
    metrics = run(composed, tmp_path / "run", raises=True)["metrics"]
    kept = np.load(tmp_path / "run" / "predictions.npz")
    names = ("precision", "recall", "f1")
    report = precision_recall_fscore_support(kept["target"], kept["prediction"].argmax(1), zero_division=0)
    for name, expected in zip(names, report, strict=False):
        assert [metrics[f"test/class_{k}/{name}"] for k in range(10)] == pytest.approx(expected), name
    assert metrics["test/class_8/precision"] != pytest.approx(metrics["test/class_8/recall"])


def test_errors_by_step_ahead(config: Config, tmp_path: Path) -> None:
    composed = config(
        "model=linear",
        "dataset=sunspots",
        "dataset.horizon=3",
        "metrics.by=output",
        "trainer.max_epochs=3",
        "trainer.accelerator=cpu",
    )
    metrics = run(composed, tmp_path / "run", raises=True)["metrics"]
    kept = np.load(tmp_path / "run" / "predictions.npz")
    for k in range(3):
        expected = mean_squared_error(kept["target"][:, k], kept["prediction"][:, k])
        assert metrics[f"test/output_{k + 1}/mse"] == pytest.approx(expected, rel=1e-5)


MISTAKES = [
    (["metrics.steps_to={val/acuracy:0.9}"], "did you mean 'val/accuracy'"),
    (["metrics.steps_to={val/accuracy:high}"], "metrics.steps_to.val/accuracy: expected a number"),
    (["metrics.by=size"], "choose from: class"),
    (["metrics.by=class", "dataset=diabetes"], "choose from: output"),
    (["trainer.monitor=train/accuracy"], "trainer.monitor"),
]


@pytest.mark.parametrize(("overrides", "message"), MISTAKES, ids=[" ".join(m[0]) for m in MISTAKES])
def test_mistakes_are_refused_before_training(overrides: list[str], message: str, config: Config) -> None:
    with pytest.raises(ConfigError) as caught:
        assemble(config(*overrides))
    assert message in str(caught.value)
