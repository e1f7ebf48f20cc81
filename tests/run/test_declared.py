"""What a summary says of its metrics: the step of a count of examples, and the value of a run that learns nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlx.assembly.assemble import assemble
from dlx.results.metric_info import failure_of, resolution_of
from dlx.run.run import run

Config = Callable[..., dict[str, Any]]
CPU = ("trainer.accelerator=cpu", "trainer.max_epochs=1")


def test_a_count_changes_in_steps_of_an_example_of_its_split(config: Config, tmp_path: Path) -> None:
    words = ("model=mlp", "model.width=8", "metrics.by=class", "dataset.test_transforms=[rotation_30]")
    probe = ("diagnostics=probe", "diagnostics.probe.states=[hidden.0]")
    composed = config(*words, *probe, *CPU)
    summary = run(composed, tmp_path / "run", raises=True)
    with np.load(tmp_path / "run" / "predictions.npz") as kept:
        decided, target = kept["prediction"].argmax(1), kept["target"]
    changed = decided.copy()
    changed[0] = target[0] if decided[0] != target[0] else target[0] - 1  # one example more, or one less
    step = abs(float((changed == target).mean() - (decided == target).mean()))
    assert resolution_of(summary, "test/accuracy") == pytest.approx(step, rel=1e-9)
    assert resolution_of(summary, "test/rotation_30/accuracy") == pytest.approx(step, rel=1e-9)
    assert resolution_of(summary, "test/class_3/recall") == 1 / int((target == 3).sum())
    data = assemble(composed).data
    assert resolution_of(summary, "train/f1") == 1 / len(data.train.index)
    assert resolution_of(summary, "val/auroc") == resolution_of(summary, "best/val/accuracy") == 1 / len(data.val.index)
    assert resolution_of(summary, "init/probe/hidden.0/label/accuracy") == 1 / len(data.val.index)
    for path in ("test/loss", "test/cross_entropy", "steps_to/val/accuracy", "generalization_gap", "parameters"):
        assert resolution_of(summary, path) is None


def test_a_failed_run_answers_like_the_naive_baseline(config: Config, tmp_path: Path) -> None:
    words = ("dataset=breast_cancer", "model=constant", "metrics.by=class")
    composed = config(*words, *CPU)
    summary = run(composed, tmp_path / "run", raises=True)
    labels = assemble(composed).data.train.targets.numpy()
    majority = int(np.bincount(labels).argmax())
    with np.load(tmp_path / "run" / "predictions.npz") as kept:
        share = float((kept["target"] == majority).mean())
    assert failure_of(summary, "test/accuracy") == pytest.approx(share, rel=1e-12)
    assert failure_of(summary, f"test/class_{majority}/accuracy") == 1
    assert failure_of(summary, f"test/class_{1 - majority}/accuracy") == 0
    assert failure_of(summary, "best/val/loss") == pytest.approx(summary["metrics"]["val/loss"], rel=1e-6)
    assert failure_of(summary, "init/gradient/norm") is None


def test_a_transform_has_a_baseline_of_its_own(config: Config, tmp_path: Path) -> None:
    summary = run(config("model=constant", "dataset.test_transforms=[flip]", *CPU), tmp_path / "run", raises=True)
    assert failure_of(summary, "test/flip/accuracy") == summary["metrics"]["test/flip/accuracy"]


def test_a_forecast_without_skill_is_persistence(config: Config, tmp_path: Path) -> None:
    words = ("model=linear", "dataset=nile", "dataset.horizon=3", "metrics.by=output")
    summary = run(config(*words, *CPU), tmp_path / "run", raises=True)
    assert failure_of(summary, "test/skill") == 0
    each = [failure_of(summary, f"test/output_{k}/mse") for k in (1, 2, 3)]
    assert np.mean([value or 0.0 for value in each]) == pytest.approx(failure_of(summary, "test/mse"), rel=1e-6)
    assert resolution_of(summary, "test/skill") is None


def test_pooled_folds_count_every_example(config: Config, tmp_path: Path) -> None:
    words = ("dataset=iris", "model=linear", "dataset.folds=5", "dataset.fold=all")
    summary = run(config(*words, *CPU), tmp_path / "run", raises=True)
    assert resolution_of(summary, "test/accuracy") == 1 / 150
    assert resolution_of(summary, "fold_sd/accuracy") is None


def test_jobs_declare_on_what_they_count(config: Config, tmp_path: Path) -> None:
    composed = config("job=test_reuse", "job.models=2", "model=mlp", "model.width=4", "trainer.accelerator=cpu")
    summary = run(composed, tmp_path / "run", raises=True)
    data = assemble(composed).data
    assert resolution_of(summary, "val_accuracy") == 1 / len(data.val.index)
    assert resolution_of(summary, "test_accuracy") == 1 / len(data.test.index)
    assert resolution_of(summary, "optimism") is None
    assert run(config("job=parameter_count"), tmp_path / "count", raises=True)["examples"] == {}
