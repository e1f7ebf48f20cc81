"""The final metrics: in the precision of the network, and the naive baseline taken once for each objective."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dlx.assembly.assemble import assemble
from dlx.run.evaluate import evaluate_parts, judge, naive_score, score
from dlx.run.run import run

Config = Callable[..., dict[str, Any]]
CPU = ("trainer.accelerator=cpu", "trainer.max_epochs=1")


def test_a_network_in_double_precision_is_judged_in_double_precision(config: Config, tmp_path: Path) -> None:
    assembly = assemble(config("model=mlp", "dataset=diabetes", "trainer.precision=64-true", *CPU))
    network = assembly.network()
    test = assembly.data.test
    wanted = network.eval()(test.inputs.double())
    found: Any = judge(assembly.objective, network, test, 0)
    assert found.dtype == torch.float64
    assert torch.equal(found, wanted)
    assert not torch.equal(found.float().double(), found)  # single precision would have been seen
    metrics, _, predictions = evaluate_parts(assembly, network)
    loss = (wanted - test.targets.double()).square().mean().item()
    assert metrics["test/loss"] == pytest.approx(loss, rel=1e-12)
    assert predictions["prediction"].dtype == np.float64


@pytest.mark.parametrize("loss", ["mse", "mae", "huber"])
def test_every_real_loss_takes_double_outputs(config: Config, tmp_path: Path, loss: str) -> None:
    words = ("model=linear", "dataset=diabetes", "trainer.precision=64-true", f"objective.loss={loss}", *CPU)
    assert run(config(*words), tmp_path / "run", raises=True)["status"] == "finished"


def test_the_baseline_is_kept_for_each_objective_and_part(config: Config) -> None:
    kept = []
    for words in (("objective.loss=mse",), ("objective.loss=mae",), ("objective.loss=mae", "objective.scale=3")):
        assembly = assemble(config("model=linear", "dataset=diabetes", *words, *CPU))
        for name, part in assembly.data.splits().items():
            fresh = score(assembly, assembly.objective.baseline(assembly.data, part)[1], part)
            for _ in range(2):  # made, then kept
                assert naive_score(assembly, name, part) == fresh
            kept.append(fresh["loss"])
    assert len(set(kept)) == 9  # no two of them are the same figure


def test_no_network_has_a_share_in_the_baseline(config: Config) -> None:
    first, second = (
        assemble(config("dataset=digits", f"model={model}", *words, *CPU))
        for model, words in (("mlp", ("model.width=4",)), ("logistic", ("regularizer=label_smoothing",)))
    )
    for name, part in first.data.splits().items():
        fresh = score(second, second.objective.baseline(second.data, part)[1], part)
        assert naive_score(first, name, part) == naive_score(second, name, second.data.splits()[name]) == fresh
