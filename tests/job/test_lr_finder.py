"""The learning-rate range test: its curve, its steepest point and where it ends, on a loss whose minimum is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlx.assembly.assemble import assemble
from dlx.errors import ConfigError
from dlx.job.lr_finder import smoothed
from dlx.run.run import run

SHORT = ["job=lr_finder", "trainer.accelerator=cpu", "job.steps=40"]


def test_the_mean_is_that_of_the_weights() -> None:
    values = [3.0, 1.0, 2.0]
    weights = np.array([[1, 0, 0], [0.5, 1, 0], [0.25, 0.5, 1]])
    assert smoothed(values, 0.5) == pytest.approx(list((weights @ values) / weights.sum(1)))
    assert smoothed(values, 0.0) == values


def test_a_run_names_the_rate_and_the_command(config: Callable[..., Any], tmp_path: Path) -> None:
    words = [*SHORT, "dataset=linear", "model=linear", "optimizer=sgd", "seed=1"]
    summary = run(config(*words), tmp_path / "run", overrides=words, raises=True)
    metrics = summary["metrics"]
    assert summary["status"] == "finished"
    assert metrics["lr"] == pytest.approx(metrics["lr_at_minimum"] / 10, rel=0.05)
    # Gradient descent on a quadratic loss with curvature L diverges beyond 2 / L; L is twice the largest eigenvalue.
    x = assemble(config(*words)).data.train.inputs.double()
    edge = 1 / float(np.linalg.eigvalsh(x.T @ x / len(x))[-1])
    assert metrics["lr"] < edge
    assert metrics["lr_at_minimum"] > edge / 5
    assert metrics["lowest_loss"] < metrics["loss_at_start"]
    command = f"dlx train {' '.join(words[1:2] + words[3:])} optimizer.lr={metrics['lr']:g}"
    assert f"train with it: {command}" in summary["notes"]
    assert (tmp_path / "run" / "lr_finder.svg").is_file()
    assert (tmp_path / "run" / "lr_finder.png").is_file()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["optimizer=closed_form", "model=linear", "dataset=linear"],
            "needs a learning rate, which",
        ),
        (["job.start=1", "job.end=0.1"], "expected a learning rate below job.end=0.1, got 1"),
        (
            ["model=gan", "dataset=gaussians8", "objective=adversarial", "discriminator.optimizer=sgd"],
            "tests one learning rate, and discriminator.optimizer has another; leave discriminator.optimizer out",
        ),
    ],
)
def test_what_has_no_learning_rate_is_refused(config: Callable[..., Any], words: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        assemble(config(*SHORT, *words))


def test_a_loss_that_never_falls_is_a_failed_run_with_a_remedy(config: Callable[..., Any], tmp_path: Path) -> None:
    words = [*SHORT, "dataset=linear", "model=linear", "optimizer=sgd", "job.start=10", "job.end=100"]
    summary = run(config(*words), tmp_path / "run")
    assert summary["status"] == "failed"
    error = summary["error"]
    assert error is not None
    assert error.startswith("the loss does not fall at any learning rate from job.start=10 to ")
    assert error.endswith("; try job.start=0.1")  # pasted, the rates begin a hundred times lower
    assert "Traceback" not in (tmp_path / "run" / "dlx.log").read_text()
    again = [word for word in words if not word.startswith("job.start")]
    assert run(config(*again, "job.start=0.1"), tmp_path / "again")["status"] == "finished"


def test_a_model_without_trained_weights_is_refused_before_the_start(config: Callable[..., Any]) -> None:
    with pytest.raises(ConfigError, match="model=naive_bayes has no weights that steps would train; try model=mlp"):
        assemble(config(*SHORT, "model=naive_bayes"))
