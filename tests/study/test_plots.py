"""Plots of a study from what its runs left."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlx.errors import ConfigError
from dlx.results.figure import files, inline, new_figure, style
from dlx.results.runs import Run
from dlx.study.book.captions import title_of
from dlx.study.book.cells import number_ticks
from dlx.study.book.curves import column_of, starred
from dlx.study.book.labels import key_words, metric_words, short_metric
from dlx.study.book.plots import theory
from dlx.study.judge.verdict import Verdict
from dlx.study.read.plot import plot_of
from dlx.study.read.shelf import read_study
from dlx.sweep.cells import Level


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


def plot_of_lines(**keys: object) -> Any:
    """Return a plot of a small study."""
    return plot_of({"kind": "lines", "x": "model.depth", "y": "height", **keys}, AXES, NAMED, "seed")


AXES = {
    "model.depth": [Level(5, ("model.depth=5",)), Level(10, ("model.depth=10",))],
    "seed": [Level(n, (f"seed={n}",)) for n in range(2)],
}
NAMED = {"height": "log10(test/excess)"}


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"theory": {"half": "y / 2"}}, "study.plot.theory.half: expected an expression of x"),
        ({"terms": {"a": "test/loss"}, "kind": "points"}, "study.plot.terms: expected kind: lines"),
        ({"titel": "a"}, "study.plot: no such key 'titel'|study.plot.titel: no such key"),
        ({"title": 3}, "study.plot.title: expected a sentence"),
    ],
)
def test_plots_that_cannot_be_drawn(keys: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        plot_of_lines(**keys)


def test_theory_is_a_line_of_x() -> None:
    _, (own,) = new_figure()
    theory(own, plot_of_lines(theory={"a quarter": "(x - 2) * log10(0.25)"}), np.array([5.0, 30.0]))
    (line,) = own.get_lines()
    np.testing.assert_allclose(line.get_ydata(), [3 * np.log10(0.25), 28 * np.log10(0.25)])
    assert line.get_label() == "a quarter"


def test_ticks_are_numbers_that_do_not_touch() -> None:
    _, (own,) = new_figure()
    own.set_xscale("log")
    rates = [0.001, 0.0019, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0]
    number_ticks(own, rates, list(map(str, rates)), log=True)
    shown = [tick.get_text() for tick in own.get_xticklabels()]
    assert shown == ["0.001", "", "0.003", "0.01", "0.03", "0.1", "0.3", "1.0"]


def test_numbers_of_a_picture_are_not_cut() -> None:
    svg = '<?xml?><svg width="1.23456"><path d="M 0.12345 1.5"/><text>0.001 and 0.8483</text></svg>'
    assert inline(svg, "a") == '<svg role="img" width="1.23"><path d="M 0.12 1.5"/><text>0.001 and 0.8483</text></svg>'


def test_words_of_axes_have_units() -> None:
    assert metric_words("test/accuracy") == "test accuracy (share of right answers)"
    assert metric_words("log10(init/gradient/ratio)").endswith("(log10)")
    assert metric_words("test/my_own_thing") == "test my own thing"
    assert short_metric("log10(test/excess + 1e-9)") == ""
    assert (key_words("optimizer.lr"), key_words("model.my_key")) == ("learning rate", "my key")


def test_the_title_is_a_finding_or_the_question() -> None:
    study = read_study("residual_depth")
    plot = study.plots[-1]
    held = Verdict(study.claims[2], "holds", 0.822, 0.80, 0.84, 21)
    assert "0.822 more accuracy on new data" in title_of(plot, study, [held]).replace("\n", " ")
    open_ = Verdict(study.claims[2], "inconclusive", 0.1, -0.1, 0.3, 21)
    assert title_of(plot, study, [open_]) == study.question  # an undecided claim is no finding
    assert "chance" in title_of(study.plots[0], study, [open_])  # the plot says it itself
    other = replace(plot, y="weight/norm")  # no claim is on it
    assert title_of(other, study, [held]).replace("\n", " ") == study.title
    assert title_of(other, study, [open_]) == study.question
    assert all(len(line) <= 53 for line in title_of(plot, study, [held]).splitlines())
