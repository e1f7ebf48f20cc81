"""Plots of a study from what its runs left."""

from __future__ import annotations

from pathlib import Path

from dlx.results import Run
from dlx.study.plots import column_of


def test_a_run_that_ended_before_its_first_epoch_has_an_empty_column(tmp_path: Path) -> None:
    run = Run(tmp_path, {"status": "diverged"})
    assert column_of(run, "train/loss") == []
    (tmp_path / "metrics.csv").write_text("epoch,train/loss\n1,0.5\n2,0.25\n")
    assert column_of(run, "train/loss") == [0.5, 0.25]
