"""What holds for every job: it composes, runs, is stored as a training is, and is swept as a training is."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dlx import paths
from dlx.cli.main import main
from dlx.config import gate
from dlx.config.identity import identity
from dlx.results.runs import read_run, read_runs
from dlx.run.run import run

JOBS = sorted(file.stem for file in (paths.shipped("conf") / "job").glob("[a-z]*.yaml"))
SMALL = {  # smaller than by default, for the test
    "bias_variance": ["job.resamples=2", "model=linear"],
    "data_split": ["job.repeats=2", "trainer.max_epochs=1"],
    "test_reuse": ["job.models=3"],
    "train": ["trainer.max_epochs=1", "dataset.limit=64"],
    "attention_scale": ["job.queries=50"],
}


@pytest.mark.parametrize("job", JOBS)
def test_runs_and_is_stored(job: str, config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    composed = config(f"job={job}", *SMALL.get(job, []), "trainer.accelerator=cpu")
    summary = run(composed, tmp_path / "run", raises=True)
    assert (summary["status"], summary["job"]) == ("finished", job)
    assert summary["metrics"]
    assert all(math.isfinite(value) for value in summary["metrics"].values())
    found = read_run(tmp_path / "run")
    assert found is not None
    assert found.job == job
    assert found.parameters["job"] == job
    assert json.loads((tmp_path / "run" / "identity.json").read_text())["identity"] == summary["identity"]
    assert list((tmp_path / "run").glob("events.out.tfevents.*"))


@pytest.mark.parametrize("job", JOBS)
def test_says_what_it_is(job: str, config: Callable[..., dict[str, Any]]) -> None:
    cls = gate.choice(config(f"job={job}", *SMALL.get(job, []))["job"], "job").cls
    assert cls.__doc__
    assert "Example:\n" in cls.__doc__
    assert job == "train" or hasattr(cls, "measure")


def test_the_job_and_its_keys_are_part_of_the_identity(config: Callable[..., dict[str, Any]]) -> None:
    words = ([], ["job=cost"], ["job=exact_identities"], ["job=exact_identities", "job.check=bn_bias"])
    assert len({identity(config(*each)) for each in words}) == len(words)


def test_a_sweep_of_a_job(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["train", "-m", "job=convolution_arithmetic", "job.kernel_size=1,3,5", "hydra.sweep.dir=sweep"]
    assert main(words) == 0
    runs = read_runs([tmp_path / "sweep"])
    assert sorted(run.metrics["measured"] for run in runs) == [24, 26, 28]
    assert {run.status for run in runs} == {"finished"}
    shown = capsys.readouterr().out
    assert "measured" in shown
    assert "kernel_size" in shown
    before = {run.folder: (run.folder / "summary.json").stat().st_mtime_ns for run in runs}
    assert main(words) == 0  # finished ones are not repeated
    assert {folder: (folder / "summary.json").stat().st_mtime_ns for folder in before} == before


def test_a_job_shows_its_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "job=parameter_count", "job.size=1000"]) == 0
    shown = capsys.readouterr().out
    assert "weights" in shown
    assert "1e+08" in shown
    assert "dlx evaluate" not in shown


def test_a_check_that_does_not_exist(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "job=exact_identities", "job.check=sigmoid_peek"]) == 2
    assert "did you mean 'sigmoid_peak'?" in capsys.readouterr().err


def test_a_job_that_does_not_exist(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "job=bias_varianse"]) == 2
    assert "did you mean 'bias_variance'" in capsys.readouterr().err
