"""Whole runs against independent truths: the solutions and metrics of scikit-learn, and finite differences."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn import metrics as sk
from sklearn.linear_model import LinearRegression, Ridge

from dlx import paths
from dlx.assembly.assemble import assemble
from dlx.data.batches import Batches
from dlx.results.checkpoint import load_checkpoint
from dlx.run.run import run
from dlx.step.solve import solvable
from tests.test_options import WITH

Compose = Callable[..., dict[str, Any]]
EXACT = (
    "model=linear", "dataset=diabetes", "optimizer=lbfgs", "dataset.batch_size=null", "trainer.max_epochs=30",
    "trainer.precision=64-true", "trainer.test_weights=last", "trainer.accelerator=cpu",
    "optimizer.tolerance_change=0", "optimizer.tolerance_grad=1e-12",
)  # fmt: skip


def weights(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    checkpoint = load_checkpoint(folder / "checkpoints" / "last.ckpt")
    assert checkpoint is not None
    state = checkpoint["state_dict"]
    return state["network.output.weight"].numpy(), state["network.output.bias"].numpy()


@pytest.mark.parametrize("strength", [0.0, 0.05])
def test_linear_regression_and_ridge(strength: float, config: Compose, tmp_path: Path) -> None:
    composed = config(*EXACT, "regularizer=l2", f"regularizer.l2.strength={strength}")
    summary = run(composed, tmp_path, raises=True)
    train = assemble(composed).data.train
    x, y = train.inputs.double().numpy(), train.targets.double().numpy()
    truth = (Ridge(alpha=len(x) * strength) if strength else LinearRegression()).fit(x, y)
    weight, bias = weights(tmp_path)
    assert weight == pytest.approx(truth.coef_.reshape(weight.shape), abs=1e-5)
    assert bias == pytest.approx(truth.intercept_, abs=1e-5)
    test = assemble(composed).data
    restored = test.units.restore(torch.from_numpy(truth.predict(test.test.inputs.double().numpy())).reshape(-1, 1))
    target = test.units.restore(test.test.targets.double())
    assert summary["metrics"]["test/mse"] == pytest.approx(sk.mean_squared_error(target, restored), rel=1e-4)


def test_metrics_of_classes(config: Compose, tmp_path: Path) -> None:
    summary = run(config("trainer.max_epochs=1", "trainer.accelerator=cpu", "dataset.limit=200"), tmp_path, raises=True)
    kept = np.load(tmp_path / "predictions.npz")
    scores, target = kept["prediction"].astype(float), kept["target"]
    chosen, share = scores.argmax(1), np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    macro = {"average": "macro", "zero_division": 0}
    truth = {
        "accuracy": sk.accuracy_score(target, chosen),
        "precision": sk.precision_score(target, chosen, **macro),
        "recall": sk.recall_score(target, chosen, **macro),
        "f1": sk.f1_score(target, chosen, **macro),
        "auroc": sk.roc_auc_score(target, share, multi_class="ovr"),
        "loss": sk.log_loss(target, share),
    }
    for name, value in truth.items():
        assert summary["metrics"][f"test/{name}"] == pytest.approx(value, abs=1e-5), name


def test_parts_and_batches_share_no_example(config: Compose) -> None:
    data = assemble(config("dataset=digits")).data
    parts = [set(part.index.tolist()) for part in data.splits().values()]
    assert sum(map(len, parts)) == len(set.union(*parts))
    batches = Batches(data.train, seed=3, batch_size=64, accumulate=2)
    for epoch in (0, 1):
        order = batches.order(epoch)
        assert sorted(order.tolist()) == list(range(len(data.train)))
        batches.shuffle(epoch)
        seen = torch.cat([batch.targets for number in range(9) for batch in batches.take(number)[0]])
        assert torch.equal(seen, data.train.targets[order])
    assert not torch.equal(batches.order(0), batches.order(1))


def test_devices_share_a_step_without_overlap(config: Compose) -> None:
    part = assemble(config("dataset=diabetes")).data.train
    whole, halves = Batches(part, 1, 64), [Batches(part, 1, 64, rank=rank, world=2) for rank in (0, 1)]
    for batches in (whole, *halves):
        batches.shuffle(0)
    last = len(part) // 64
    for number in (0, last):
        taken = [batches.take(number) for batches in halves]
        inputs = torch.cat([batch[0] for found, _, _ in taken for batch in found])
        assert sorted(inputs.sum(1).tolist()) == sorted(whole.take(number)[0][0][0].sum(1).tolist())
        assert sum(share for _, _, share in taken) == pytest.approx(
            2
        )  # the mean over devices weighs each example alike


def test_standardization_knows_the_training_split_alone(config: Compose) -> None:
    data = assemble(config("dataset=diabetes")).data
    assert data.train.inputs.mean(0).abs().max() < 1e-5
    assert data.train.inputs.std(0, unbiased=False) == pytest.approx(1, abs=1e-4)
    assert data.test.inputs.mean(0).abs().max() > 1e-3


def models() -> list[str]:
    return [
        file.stem for file in sorted((paths.shipped("conf") / "model").glob("*.yaml")) if not file.stem.startswith("_")
    ]


@pytest.mark.parametrize("model", models())
def test_autograd_agrees_with_finite_differences(model: str, config: Compose) -> None:
    """Central differences of the loss along a random direction in float64, over all weights of a phase at once."""
    words = [*WITH.get(f"model={model}", []), "trainer.precision=64-true", "trainer.accelerator=cpu", "activation=tanh"]
    assembly = assemble(config(f"model={model}", *words))
    network = assembly.network().eval()
    named = [(name, parameter) for name, parameter in network.named_parameters() if parameter.requires_grad]
    if not named:  # solved, not descended: there is no gradient to compare
        assert solvable(network), f"{model} has neither weights to descend nor a way to solve itself"
        return
    batch = assembly.data.train.to("cpu", torch.float64).batch(slice(4))
    phases = assembly.objective.phases()
    for phase in phases:
        loss = assembly.objective.plain_loss if len(phases) == 1 else phase.loss
        moved = [parameter for name, parameter in named if phase.takes(name)]
        check_slope(lambda loss=loss: loss(network, batch, torch.Generator()), moved)


def check_slope(loss: Callable[[], torch.Tensor], moved: list[torch.nn.Parameter]) -> None:
    """Compare the slope of a loss along a random direction with that of its central difference."""
    gradients = torch.autograd.grad(loss(), moved, allow_unused=True)
    random = torch.Generator().manual_seed(0)
    direction = [torch.randn(p.shape, generator=random, dtype=p.dtype) for p in moved]
    slope = sum(float((g * d).sum()) for g, d in zip(gradients, direction, strict=True) if g is not None)
    step, values = 1e-6, []
    with torch.no_grad():
        for sign in (1, -2):
            for parameter, d in zip(moved, direction, strict=True):
                parameter += sign * step * d
            values.append(float(loss()))
    assert (values[0] - values[1]) / (2 * step) == pytest.approx(slope, rel=1e-4, abs=1e-6)
