"""The loss of several tasks by hand, its gradient, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dlx.assembly.assemble import assemble
from dlx.contracts import Batch
from dlx.errors import ConfigError
from dlx.objective.multi_task import MultiTask
from dlx.run.run import run
from dlx.spec import DataSpec

Config = Callable[..., dict[str, Any]]
SPEC = DataSpec("vector", (2,), "number", 3)


def batch() -> tuple[torch.Tensor, Batch]:
    generator = torch.Generator().manual_seed(0)
    output, target = (torch.randn(6, 3, generator=generator, dtype=torch.float64) for _ in range(2))
    return output.requires_grad_(True), Batch(output, target)


def test_the_sum_and_fixed_weights_by_hand() -> None:
    output, given = batch()
    output = output.detach()
    each = [float(np.square((output - given.targets)[:, k].numpy()).mean()) for k in range(3)]
    summed = MultiTask(SPEC, weighting="sum", weights=None, scale=2.0)
    assert float(summed.loss(output, given)) == pytest.approx(2 * sum(each))
    fixed = MultiTask(SPEC, weighting="fixed", weights=[1.0, 0.0, 3.0], scale=1.0)
    assert float(fixed.loss(output, given)) == pytest.approx(each[0] + 3 * each[2])


def test_uncertainty_is_the_minimum_over_the_variances() -> None:
    output, given = batch()
    each = (output - given.targets).square().mean(0)
    found = MultiTask(SPEC, weighting="uncertainty", weights=None, scale=1.0).loss(output, given)
    grid = torch.logspace(-3, 3, 20001, dtype=torch.float64)
    least = sum((loss / (2 * grid) + grid.log() / 2).min() for loss in each.detach())
    assert float(found.detach()) == pytest.approx(float(least), abs=1e-6)
    (gradient,) = torch.autograd.grad(found, output, retain_graph=True)
    (plain,) = torch.autograd.grad(each.sum(), output)
    torch.testing.assert_close(gradient, plain / (2 * each.detach()))


MISTAKES = [
    (["objective.weighting=fixed"], "objective.weights: needed with objective.weighting=fixed"),
    (["objective.weights=[1]"], "objective.weights: expected null with objective.weighting=sum"),
    (["objective.weighting=fixed", "objective.weights=[1,2]"], "objective.weights: expected 1 numbers"),
    (["dataset=digits", "objective=multi_task"], "needs real numbers as targets"),
]


@pytest.mark.parametrize(("words", "message"), MISTAKES)
def test_mistakes_are_answered(words: list[str], message: str, config: Config) -> None:
    with pytest.raises(ConfigError) as caught:
        assemble(config("dataset=teacher", "objective=multi_task", *words))
    assert message in str(caught.value)


def test_each_task_is_reported(config: Config, tmp_path: Path) -> None:
    words = ("dataset=teacher", "dataset.tasks=3", "objective=multi_task", "metrics.by=output", "trainer.max_steps=2")
    summary = run(config(*words, "trainer.accelerator=cpu"), tmp_path / "run", raises=True)
    assert {f"test/output_{task}/r2" for task in (1, 2, 3)} <= summary["metrics"].keys()
