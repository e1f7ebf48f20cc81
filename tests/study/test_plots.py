"""Plots of a study from what its runs left."""

from __future__ import annotations

from pathlib import Path

from dlx.results import Run
from dlx.study.curves import column_of, starred


def test_a_run_that_ended_before_its_first_epoch_has_an_empty_column(tmp_path: Path) -> None:
    run = Run(tmp_path, {"status": "diverged"})
    assert column_of(run, "train/loss") == []
    (tmp_path / "metrics.csv").write_text("epoch,train/loss\n1,0.5\n2,0.25\n")
    assert column_of(run, "train/loss") == [0.5, 0.25]


def test_a_star_stands_for_layers_or_for_changes_of_the_test_images(tmp_path: Path) -> None:
    metrics = {"gradient/norm/hidden.0.0": 3.0, "gradient/norm/output": 1.0, "gradient/ratio": 3.0}
    shifted = {"test/accuracy": 0.9, "test/translation_2/accuracy": 0.5, "test/translation_2/loss": 9.0}
    run = Run(tmp_path, {"metrics": {**metrics, **shifted}})
    assert starred(run, "gradient/norm/*") == {"hidden.0.0": 3.0, "output": 1.0}
    assert starred(run, "test/translation_*/accuracy") == {"none": 0.9, "2": 0.5}
    assert starred(run, "test/*/accuracy") == {"none": 0.9, "translation_2": 0.5}
