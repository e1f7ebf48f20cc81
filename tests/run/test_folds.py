"""`dataset.fold=all`: a network for each fold, and pooled figures that equal cross-validation by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from dlx.assembly.assemble import assemble
from dlx.errors import ConfigError
from dlx.run.run import run

Config = Callable[..., dict[str, Any]]
WORDS = ("dataset=iris", "dataset.folds=5", "trainer.accelerator=cpu", "trainer.max_epochs=3")


def test_pooled_figures_are_those_of_the_single_folds(config: Config, tmp_path: Path) -> None:
    pooled = run(config(*WORDS, "dataset.fold=all"), tmp_path / "all", raises=True)
    single = [run(config(*WORDS, f"dataset.fold={k}"), tmp_path / f"{k}", raises=True) for k in range(5)]
    assert pooled["status"] == "finished"
    accuracies = [summary["metrics"]["test/accuracy"] for summary in single]
    assert pooled["metrics"]["test/accuracy"] == pytest.approx(np.mean(accuracies), abs=1e-6)  # folds of equal size
    assert pooled["metrics"]["test/loss"] == pytest.approx(np.mean([s["metrics"]["test/loss"] for s in single]))
    assert pooled["metrics"]["fold_sd/accuracy"] == pytest.approx(np.std(accuracies, ddof=1))
    assert pooled["metrics"]["val/loss"] == pytest.approx(np.mean([s["metrics"]["val/loss"] for s in single]))
    assert pooled["steps"] == sum(summary["steps"] for summary in single)
    predictions = np.load(tmp_path / "all" / "predictions.npz")
    assert sorted(predictions["index"]) == list(range(150))
    assert len((tmp_path / "all" / "metrics.csv").read_text().splitlines()) == 6
    assert pooled["identity"] not in {summary["identity"] for summary in single}


def test_pooled_regression_equals_scikit_learn(config: Config, tmp_path: Path) -> None:
    words = ("dataset=diabetes", "dataset.folds=4", "model=linear", "optimizer=closed_form", "trainer.max_epochs=1")
    pooled = run(config(*words, "dataset.fold=all", "trainer.accelerator=cpu"), tmp_path / "all", raises=True)
    errors = []
    for fold in range(4):
        data = assemble(config(*words, f"dataset.fold={fold}")).data
        fit = LinearRegression().fit(data.train.inputs, data.restore(data.train.targets, data.train))
        predicted = fit.predict(data.test.inputs)
        errors.append(((predicted - data.restore(data.test.targets, data.test).numpy()) ** 2)[:, 0])
    assert pooled["metrics"]["test/mse"] == pytest.approx(np.concatenate(errors).mean(), rel=1e-3)


def test_leaving_one_out(config: Config, tmp_path: Path) -> None:
    words = ("dataset=logic", "dataset.copies=3", "dataset.folds=12", "dataset.fold=all", "trainer.max_epochs=1")
    summary = run(config(*words, "trainer.accelerator=cpu"), tmp_path / "run", raises=True)
    assert summary["status"] == "finished"
    assert 0 <= summary["metrics"]["test/accuracy"] <= 1
    assert len(np.load(tmp_path / "run" / "predictions.npz")["index"]) == 12


def test_all_folds_of_a_series(config: Config, tmp_path: Path) -> None:
    words = ("dataset=nile", "model=linear", "dataset.folds=3", "dataset.fold=all", "trainer.max_epochs=2")
    summary = run(config(*words, "trainer.accelerator=cpu"), tmp_path / "run", raises=True)
    metrics, baseline = summary["metrics"], summary["baseline"]
    assert metrics["test/skill"] == pytest.approx(1 - metrics["test/mse"] / baseline["test/mse"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["dataset.fold=all"], r"dataset.fold: all needs dataset.folds"),
        (["dataset.fold=1"], r"dataset.fold: 1 needs dataset.folds"),
        (["dataset.folds=5", "dataset.fold=7"], r"dataset.fold: expected 0 to 4"),
        (["dataset.folds=151", "dataset.fold=all"], r"dataset.folds: expected at most the 150 examples"),
        (["dataset.folds=5", "dataset.fold=some"], r"dataset.fold: expected int >= 0 or all, got 'some'"),
        (["dataset.folds=1"], r"dataset.folds: expected int >= 2 or leave_one_out or null, got 1"),
        (
            ["dataset.folds=5", "dataset.fold=all", "job=exact_identities"],
            r"dataset.fold: job=exact_identities works on",
        ),
    ],
)
def test_mistakes(config: Config, words: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        assemble(config("dataset=iris", *words))
