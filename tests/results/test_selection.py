"""What follows a sweep: the chosen arm against scipy, tasks apart, blocks in a narrow terminal, and the pictures."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from scipy import stats

from dlx.cli.main import main
from dlx.errors import ConfigError
from dlx.results.compare import compare
from dlx.results.curves import draw_curves
from dlx.results.facts import next_commands, stopping
from dlx.results.figure import style
from dlx.results.maps import draw_heatmap, draw_parallel
from dlx.results.runs import read_runs
from dlx.results.selection import selection_lines
from dlx.results.table import print_table
from dlx.results.tasks import compare_tasks

RNG = np.random.default_rng(3)
INFO = {"accuracy": {"better": "max", "headline": True, "counted": True}, "loss": {"better": "min", "unit": "nats"}}
EPOCHS = 4


def make(place: Path, seed: int, value: float, dataset: str = "digits", info: Any = INFO, **config: object) -> None:
    """Write a run whose validation accuracy is a value, its test accuracy 0.1 less, and its curves end there."""
    place.mkdir(parents=True)
    metrics = {"val/accuracy": value, "test/accuracy": value - 0.1, "val/loss": 1 - value}
    name = f"{abs(hash(str(place))):016x}"[:8]
    summary = {
        "status": "finished", "identity": name, "seed": seed, "job": "train", "metric_info": info, "metrics": metrics,
        "config": {"seed": seed, "model": "mlp", "dataset": dataset, **config}, "seconds": {"total": 1.0},
    }  # fmt: skip
    (place / "summary.json").write_text(json.dumps(summary))
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["epoch", "step", "train/loss", "val/loss", "val/accuracy"])
    rows.writerows([e, e, 1 / e, 1.5 / e, value * e / EPOCHS] for e in range(1, EPOCHS + 1))
    (place / "metrics.csv").write_text(text.getvalue())


@pytest.fixture
def values(tmp_path: Path) -> dict[str, np.ndarray]:
    """Three arms with six seeds each: two that are alike, and one that is worse."""
    found = {"none": RNG.normal(0.90, 0.01, 6), "l2": RNG.normal(0.897, 0.01, 6), "dropout": RNG.normal(0.7, 0.01, 6)}
    for name, own in found.items():
        for seed, value in enumerate(own):
            make(tmp_path / "runs" / f"{name}{seed}", seed, value, initializer=name)
    return found


def test_validation_chooses_and_the_difference_is_scipys(values: dict[str, np.ndarray], tmp_path: Path) -> None:
    comparison = compare(read_runs([tmp_path / "runs"]))
    chosen, differs = selection_lines(comparison, 999)
    first, second = sorted(("none", "l2"), key=lambda name: -values[name].mean())
    mean = values[first].mean()
    assert chosen == f"chosen  {first} by val/accuracy {mean:.4g} (test/accuracy {mean - 0.1:.4g})"
    p = stats.ttest_rel(values["none"], values["l2"]).pvalue  # the largest of three: Holm leaves it as it is
    assert f"{first} {mean:.4g}, {second} {values[second].mean():.4g} (val/accuracy): no clear difference" in differs
    assert f"p = {p:.2g}, 6 seeds; clearly different from dropout" in differs
    assert comparison.metrics == ["val/accuracy", "test/accuracy", "val/loss"]
    assert comparison.table.best[1] is None  # the test split does not choose


def test_an_arm_of_numbers_is_named_with_its_key(tmp_path: Path) -> None:
    for rate in (0.1, 0.01):
        make(tmp_path / "runs" / str(rate), 0, 0.5 + rate, lr=rate)
    assert selection_lines(compare(read_runs([tmp_path / "runs"])), 999)[0].startswith("chosen  lr=0.1 by val/accuracy")


def test_one_run_an_arm_says_so(tmp_path: Path) -> None:
    for name, value in (("none", 0.9), ("l2", 0.8)):
        make(tmp_path / "runs" / name, 0, value, initializer=name)
    assert "one run an arm cannot say" in selection_lines(compare(read_runs([tmp_path / "runs"])), 999)[1]


def test_tasks_are_compared_apart(values: dict[str, np.ndarray], tmp_path: Path, capsys: Any) -> None:
    other = {"mse": {"better": "min", "headline": True}, "loss": {"better": "min"}}
    for seed in range(2):
        make(tmp_path / "runs" / f"sine{seed}", seed, 0.5, "sine", other, initializer="none")
    found = compare_tasks(read_runs([tmp_path / "runs"]))
    assert [(title, len(one.arms)) for title, one in found] == [
        ("dataset=digits (accuracy)", 3),
        ("dataset=sine (mse)", 1),
    ]
    pooled = compare_tasks(read_runs([tmp_path / "runs"]), by=["dataset"])
    assert [title for title, _ in pooled] == [""]
    assert pooled[0][1].table.best == [None] * len(pooled[0][1].metrics)
    assert main(["report", str(tmp_path / "runs"), "--plot", "points"]) == 0
    assert sorted(path.name for path in (tmp_path / "runs").glob("*.png")) == [
        "points-digits-accuracy.png", "points-sine-mse.png",
    ]  # fmt: skip
    assert max(map(len, capsys.readouterr().out.split("chosen")[0].splitlines())) <= 80


def test_a_table_wider_than_the_terminal_becomes_blocks(values: dict[str, np.ndarray], tmp_path: Path) -> None:
    make(tmp_path / "runs" / "x", 0, 0.5, initializer="he_normal", model_width="many letters " * 4)
    make(tmp_path / "runs" / "y", 0, 0.5, initializer="he_normal", model_width="few")
    comparison = compare(read_runs([tmp_path / "runs"]))
    out = io.StringIO()
    print_table(Console(file=out, width=40), comparison.table, 40, "{metric}")
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= 40
    assert sum(line.startswith("    test/accuracy ") for line in lines) == 5
    assert "    6 runs" in lines


def test_curves_are_the_means_over_seeds(values: dict[str, np.ndarray], tmp_path: Path) -> None:
    with style():
        figure = draw_curves(compare(read_runs([tmp_path / "runs"])))
    accuracy, loss = figure.axes
    lines = {line.get_label(): line.get_ydata() for line in accuracy.lines}
    for name, own in values.items():
        assert lines[name] == pytest.approx(own.mean() * np.arange(1, EPOCHS + 1) / EPOCHS)
    assert (accuracy.get_ylabel(), loss.get_ylabel()) == ("validation accuracy", "loss in nats")
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["dropout", "l2", "none", "validation", "training"]
    assert "no clear difference" in figure.get_suptitle()


def test_a_heat_map_and_parallel_lines_show_the_means(tmp_path: Path) -> None:
    for depth in (1, 2):
        for width in (8, 16, 32):
            make(tmp_path / "runs" / f"{depth}-{width}", 0, depth * width / 100, model_depth=depth, model_width=width)
    comparison = compare(read_runs([tmp_path / "runs"]))
    with style():
        heat, parallel = draw_heatmap(comparison), draw_parallel(comparison)
    assert heat.axes[0].images[0].get_array().tolist() == [[0.08, 0.16, 0.32], [0.16, 0.32, 0.64]]
    ends = [line.get_ydata()[-1] for line in parallel.axes[0].lines if len(line.get_ydata()) == 3]
    assert (len(ends), ends) == (6, sorted(ends))  # the best is drawn last
    with pytest.raises(ConfigError, match="differ in two keys"):
        draw_heatmap(compare(read_runs([tmp_path / "runs"]), by=["model_depth"]))


SUMMARY = {
    "status": "finished", "job": "train", "epochs": 12, "steps": 60, "overrides": ["optimizer.lr=0.5", "seed=1"],
    "config": {"regularizer.early_stopping.patience": 3, "trainer.max_epochs": 100, "trainer.test_weights": "best",
               "trainer.max_steps": None, "optimizer.lr": 0.5},
    "best": {"val/loss": {"value": 0.25, "epoch": 8}}, "parameters": 10,
}  # fmt: skip


def test_what_early_stopping_did() -> None:
    when, saved, weights = stopping(SUMMARY)
    assert when.startswith("stopped early after epoch 12 of 100: val/loss has not improved since epoch 8 (")
    assert saved == "saved 88 of 100 epochs"
    assert weights.endswith("those of epoch 8, the best one by val/loss (0.25)")
    assert "did not act in 100 epochs" in stopping({**SUMMARY, "epochs": 100})[0]
    assert stopping({**SUMMARY, "config": {"trainer.max_epochs": 100}}) == []


def test_a_diverged_run_is_not_repeated_as_it_was() -> None:
    # `dlx board` is not among them, since this run has written no events
    assert next_commands({**SUMMARY, "status": "diverged"}, "place") == ["dlx train seed=1 optimizer.lr=0.05"]
    config = {**SUMMARY["config"], "optimizer": "adam", "optimizer.lr": 1e6}  # type: ignore[dict-item]
    far = {**SUMMARY, "status": "diverged", "config": config}
    assert next_commands(far, "place") == ["dlx train seed=1 optimizer.lr=0.001"]  # the default of Adam
