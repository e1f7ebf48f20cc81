"""Plots of a study from what its runs left."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlx.results.figure import files, new_figure, style
from dlx.results.runs import Run
from dlx.study.book.curves import column_of, starred


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
    (tmp_path / "identity.json").write_text('{"config": {"metrics": {"by": "size"}}}')
    strata = Run(tmp_path, {"metrics": {"test/accuracy": 0.9, "test/size_2/accuracy": 0.5}})
    assert starred(strata, "test/size_*/accuracy") == {"2": 0.5}


def test_equal_figures_are_equal_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    written = []
    for name in ("first", "second"):
        with style():
            figure, (axes,) = new_figure()
            axes.plot([0, 1, 2], [1 / 3, 2 / 3, 1 / 7])
            svg, _ = files(figure, tmp_path / name, "same")
        written.append(svg.read_text())
    assert written[0] == written[1]
    assert "date" not in written[0]
