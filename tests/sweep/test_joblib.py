"""Hydra's joblib launcher: the runs happen in fresh interpreters, their statuses are read from their folders."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from hydra_plugins.hydra_joblib_launcher.joblib_launcher import JoblibLauncher

from dlx.results.runs import read_runs
from dlx.sweep.parent import end_with_parent, watch_workers


def test_workers_end_with_their_parent_before_their_first_run_too() -> None:
    launcher = JoblibLauncher(n_jobs=2)
    watch_workers(launcher)
    assert launcher.joblib == {"n_jobs": 2, "initializer": end_with_parent}
    watch_workers(object())


def test_runs_in_processes_of_joblib(tmp_path: Path) -> None:
    words = ["optimizer=sgd", "optimizer.lr=0.1,1e30", "dataset.batch_size=16", "dataset.limit=64", "model.width=8"]
    launcher = ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2", "hydra.sweep.dir=sweep", "trainer.max_epochs=1"]
    done = subprocess.run(
        [sys.executable, "-m", "dlx", "train", "-m", *words, *launcher],
        cwd=tmp_path, env={**os.environ}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert [run.status for run in read_runs([tmp_path / "sweep"])] == ["finished", "diverged"]
    assert "1 diverged" in done.stdout
