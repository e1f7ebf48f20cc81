"""The step size over a run, against formulas."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR

from dlx.assembly.assemble import assemble
from dlx.errors import ConfigError
from dlx.run.run import run
from dlx.scheduler.one_cycle import OneCycle
from dlx.scheduler.reduce_on_plateau import ReduceOnPlateau
from dlx.scheduler.warmup_cosine import WarmupCosine

Config = Callable[..., dict[str, Any]]
SMALL = ("model=linear", "dataset=diabetes", "optimizer=sgd", "optimizer.lr=0.05", "trainer.accelerator=cpu")


def by_epoch(config: Config, folder: Path, *overrides: str) -> list[float]:
    run(config(*SMALL, "trainer.max_epochs=6", *overrides), folder, raises=True)
    return pd.read_csv(folder / "metrics.csv")["lr"].tolist()


def test_by_epoch(config: Config, tmp_path: Path) -> None:
    lr, epochs = 0.05, range(6)
    step = by_epoch(config, tmp_path / "a", "scheduler=step", "scheduler.step_size=2", "scheduler.gamma=0.5")
    assert step == pytest.approx([lr * 0.5 ** (e // 2) for e in epochs])
    exponential = by_epoch(config, tmp_path / "b", "scheduler=exponential", "scheduler.gamma=0.9")
    assert exponential == pytest.approx([lr * 0.9**e for e in epochs])
    cosine = by_epoch(config, tmp_path / "c", "scheduler=cosine")
    assert cosine == pytest.approx([lr * (1 + math.cos(math.pi * e / 6)) / 2 for e in epochs])


def curve(make: Callable[[torch.optim.Optimizer], Any], steps: int, lr: float = 0.1) -> list[float]:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)
    scheduler = make(optimizer)
    found = []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


def test_warmup_cosine_is_torchs_linear_then_cosine() -> None:
    def ours(optimizer: torch.optim.Optimizer) -> Any:
        return WarmupCosine(optimizer, 40, warmup=0.25, start_factor=0.1, end_factor=0.0)

    def theirs(optimizer: torch.optim.Optimizer) -> Any:
        parts = [LinearLR(optimizer, 0.1, total_iters=10), CosineAnnealingLR(optimizer, 30)]
        return SequentialLR(optimizer, parts, milestones=[10])

    np.testing.assert_allclose(curve(ours, 40), curve(theirs, 40), rtol=1e-6)


def test_one_cycle_peaks_at_the_optimizers_lr() -> None:
    def make(optimizer: torch.optim.Optimizer) -> Any:
        return OneCycle(optimizer, 100, pct_start=0.3, div_factor=25.0, final_div_factor=1e4, cycle_momentum=False)

    found = curve(make, 100)
    assert found[0] == pytest.approx(0.1 / 25)
    assert max(found) == found[29] == pytest.approx(0.1)
    assert found[-1] == pytest.approx(0.1 / 25 / 1e4)
    assert found[10] == pytest.approx(0.1 + (0.004 - 0.1) * (1 + math.cos(math.pi * 10 / 29)) / 2)


def test_reduce_on_plateau_counts_epochs_without_improvement() -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    keys = {"factor": 0.5, "patience": 1, "threshold": 0.0, "cooldown": 0, "min_lr": 0.3}
    scheduler = ReduceOnPlateau(optimizer, "max", **keys)
    found = []
    for value in [0.1, 0.2, 0.2, 0.2, 0.1, 0.3, 0.1, 0.1, 0.1, 0.1]:
        scheduler.step(value)
        found.append(optimizer.param_groups[0]["lr"])
    assert found == [1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.3, 0.3, 0.3]


def test_reduce_on_plateau_watches_the_monitor_in_a_run(config: Config, tmp_path: Path) -> None:
    found = by_epoch(
        config, tmp_path / "run", "scheduler=reduce_on_plateau", "scheduler.patience=0", "scheduler.threshold=0.999"
    )
    assert found == pytest.approx([0.05 * 0.1 ** max(e - 1, 0) for e in range(6)])


@pytest.mark.parametrize("name", ["warmup_cosine", "one_cycle"])
def test_schedules_by_step_span_the_run(name: str, config: Config, tmp_path: Path) -> None:
    composed = config(
        *SMALL, "dataset.batch_size=64", f"scheduler={name}", "trainer.max_epochs=4", "trainer.max_steps=13"
    )
    assembly = assemble(composed)
    assert assembly.recipe.steps == 5
    whole = run(composed, tmp_path / "whole", raises=True)
    lrs = pd.read_csv(tmp_path / "whole" / "metrics.csv")["lr"]
    assert whole["steps"] == 13
    optimizer = assembly.recipe.optimizer.make([torch.nn.Parameter(torch.zeros(1))])
    expected = curve(assembly.recipe.schedule, 13, 0.05)
    # The row of an epoch holds the step size that the next step would have.
    assert lrs[:2].tolist() == pytest.approx([expected[5], expected[10]])
    assert optimizer.param_groups[0]["lr"] == 0.05


MISTAKES = [
    (["scheduler=one_cycle", "trainer.max_epochs=0"], "trainer.max_epochs"),
    (["scheduler=cosine", "trainer.max_epochs=0"], "scheduler.T_max"),
    (["scheduler=one_cycle", "optimizer=adagrad", "scheduler.cycle_momentum=true"], "momentum"),
    (["scheduler=step", "scheduler.gamma=1.5"], "scheduler.gamma"),
    (["scheduler=warmup_cosine", "scheduler.warmup=1"], "scheduler.warmup"),
    (["scheduler=reduce_on_plateau", "scheduler.factor=0"], "scheduler.factor"),
]


@pytest.mark.parametrize(("overrides", "message"), MISTAKES, ids=[" ".join(m[0]) for m in MISTAKES])
def test_mistakes_are_refused_before_training(overrides: list[str], message: str, config: Config) -> None:
    with pytest.raises(ConfigError) as caught:
        assemble(config(*overrides))
    assert message in str(caught.value)
