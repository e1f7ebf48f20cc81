"""The scatter of an accuracy against the binomial distribution."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from dlx.assembly.assemble import assemble
from dlx.contracts.job import NoAnswer
from dlx.errors import ConfigError
from dlx.job.data_split import DataSplit
from dlx.run.run import run
from dlx.seeds import derive


class Guesses:
    """Trials whose networks are right with probability 0.8, whatever the division."""

    def __init__(self) -> None:
        self.random = torch.Generator().manual_seed(0)

    def seed(self, *words: str | int) -> int:
        return derive(0, *words)

    def variant(self, changes: Mapping[str, Any]) -> Any:
        targets = torch.zeros(50, dtype=torch.long)
        test = type("Split", (SimpleNamespace,), {"__len__": lambda self: 50})(
            targets=targets, inputs=torch.rand(50, 1, generator=self.random)
        )
        return SimpleNamespace(data=SimpleNamespace(test=test))

    def train(self, assembly: Any) -> None:
        pass

    def outputs(self, network: Any, part: Any) -> torch.Tensor:
        right = torch.rand(50, generator=self.random) < 0.8
        return torch.stack([right.float(), 1 - right.float()], 1)


def test_independent_examples_scatter_as_the_formula_says() -> None:
    found = DataSplit(repeats=2000, redraw=False).measure(Guesses())  # type: ignore[arg-type]
    assert found["accuracy"] == pytest.approx(0.8, abs=0.01)
    assert found["formula"] == pytest.approx(np.sqrt(0.8 * 0.2 / 50), rel=0.02)
    assert found["ratio"] == pytest.approx(1, abs=0.05)


def test_a_run_divides_anew(config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    composed = config("job=data_split", "job.repeats=3", "trainer.max_epochs=2", "trainer.accelerator=cpu")
    metrics = run(composed, tmp_path / "run", raises=True)["metrics"]
    assert 0.9 < metrics["accuracy"] < 1
    assert metrics["formula"] == pytest.approx((metrics["accuracy"] * (1 - metrics["accuracy"]) / 114) ** 0.5)
    assert metrics["sd"] > 0
    assert metrics["ratio"] == pytest.approx(metrics["sd"] / metrics["formula"])


def test_needs_classes(config: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(ConfigError, match="job: data_split needs classes"):
        assemble(config("job=data_split", "dataset=diabetes", "model=linear"))


def test_new_data_scatter_as_the_formula_says(config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    words = "job=data_split", "job.repeats=120", "job.redraw=true", "dataset=logistic", "dataset.examples=300"
    composed = config(*words, "model=naive_bayes", "optimizer=closed_form", "trainer.accelerator=cpu")
    assert run(composed, tmp_path / "run", raises=True)["metrics"]["ratio"] == pytest.approx(1, abs=0.2)


def test_examples_that_cannot_be_redrawn(config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    composed = config("job=data_split", "job.repeats=2", "job.redraw=true", "trainer.max_epochs=1")
    with pytest.raises(NoAnswer, match=r"job\.redraw=true: the dataset has only these examples"):
        run(composed, tmp_path / "run", raises=True)
