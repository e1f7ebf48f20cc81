"""Gradients against closed forms and finite differences."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dlx.assembly.assemble import assemble
from dlx.contracts import Batch, Net
from dlx.diagnostics.gradients import Gradients
from dlx.errors import ConfigError
from dlx.run.run import run


def diagnostic(**keys: Any) -> Gradients:
    return Gradients(**{"every": 1, "double": False, "every_step": False, "examples": None, **keys})


def squared_error(network: Net, batch: Batch) -> Tensor:
    return (network(batch.inputs) - batch.targets).square().mean()


def test_linear_chain_by_hand() -> None:
    """Of y = a b c x: |dL/da|, |dL/db|, |dL/dc| are 2 |y - t| |x| times the product of the other two."""
    network = nn.Sequential(*[nn.Linear(1, 1, bias=False) for _ in range(3)])
    a, b, c, x, t = 0.5, 3.0, 2.0, 1.5, 1.0
    for layer, value in zip(network, (a, b, c), strict=True):
        nn.init.constant_(layer.weight, value)
    values = diagnostic().measure(network, Batch(torch.tensor([[x]]), torch.tensor([[t]])), squared_error, None)
    common = 2 * abs(a * b * c * x - t) * x
    assert values["gradient/norm/0"] == pytest.approx(common * b * c)
    assert values["gradient/norm/1"] == pytest.approx(common * a * c)
    assert values["gradient/norm/2"] == pytest.approx(common * a * b)
    assert values["gradient/max_norm"] == pytest.approx(common * b * c)
    assert values["gradient/ratio"] == pytest.approx(c / b)
    assert "gradient/time_ratio" not in values


class ScalarRNN(nn.Module):
    """With h_t = rho h_{t-1} + x_t, and y = h_T: dL/dx_1 is rho^(T-1) times dL/dx_T."""

    def __init__(self, rho: float) -> None:
        super().__init__()
        self.rho = nn.Parameter(torch.tensor([[rho]]))

    def forward(self, x: Tensor) -> Tensor:
        h = torch.zeros_like(x[:, 0])
        for step in x.unbind(1):
            h = h @ self.rho + step
        return h


@pytest.mark.parametrize(("rho", "length"), [(0.5, 10), (2.0, 10), (0.1, 50)])
def test_time_ratio_of_a_scalar_recurrence(rho: float, length: int) -> None:
    inputs, targets = torch.ones(3, length, 1), torch.zeros(3, 1)
    values = diagnostic(double=True).measure(ScalarRNN(rho), Batch(inputs, targets), squared_error, None)
    expected = float(np.float32(rho)) ** (length - 1)
    assert float(values["gradient/time_ratio"]) == pytest.approx(expected, rel=1e-9)


def test_double_sees_what_float_underflows() -> None:
    batch = Batch(torch.ones(1, 60, 1), torch.zeros(1, 1))
    ratio = [
        diagnostic(double=d).measure(ScalarRNN(0.1), batch, squared_error, None)["gradient/time_ratio"].item()
        for d in (False, True)
    ]
    assert ratio[0] == 0
    assert math.log10(ratio[1]) == pytest.approx(-59, abs=1e-5)


def test_norm_equals_finite_differences() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)).double()
    inputs, targets = torch.randn(5, 3).double(), torch.randn(5, 1).double()
    values = diagnostic().measure(network, Batch(inputs, targets), squared_error, None)
    weight, step, slopes = network[0].weight.data, 1e-6, []
    for index in np.ndindex(*weight.shape):
        sides = []
        for sign in (1, -1):
            weight[index] += sign * step
            sides.append(squared_error(network, Batch(inputs, targets)).item())
            weight[index] -= sign * step
        slopes.append((sides[0] - sides[1]) / (2 * step))
    assert float(values["gradient/norm/0"]) == pytest.approx(np.linalg.norm(slopes), rel=1e-7)


def test_frozen_and_constant_networks() -> None:
    network = nn.Linear(2, 1).requires_grad_(False)
    assert diagnostic().measure(network, Batch(torch.ones(1, 2), torch.ones(1, 1)), squared_error, None) == {}


def test_peak_is_taken_before_clipping_and_ignores_what_is_not_finite() -> None:
    network, watcher = nn.Linear(1, 1, bias=False), diagnostic(every_step=True)
    watcher.watch(network)
    for slope in (3.0, 7.0, math.inf, 5.0):
        network.zero_grad()
        (network.weight * slope).sum().backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    assert watcher.watched({}) == {"gradient/peak_norm": 7.0, "gradient/not_finite": 1.0}
    resumed = {"gradient/peak_norm": 9.0, "gradient/not_finite": 2.0}
    assert watcher.watched(resumed) == {"gradient/peak_norm": 9.0, "gradient/not_finite": 3.0}


def test_measuring_itself_is_no_training_step() -> None:
    network, watcher = nn.Linear(1, 1, bias=False), diagnostic(every_step=True)
    watcher.watch(network)
    watcher.measure(network, Batch(torch.ones(1, 1), torch.zeros(1, 1)), squared_error, None)
    assert watcher.watched({})["gradient/peak_norm"] == 0


def test_peak_outlives_divergence(config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    composed = config(
        "dataset=diabetes",
        "model=linear",
        "optimizer=sgd",
        "optimizer.lr=1000",
        "diagnostics=gradients",
        "diagnostics.gradients.every_step=true",
        "trainer.accelerator=cpu",
    )
    summary = run(composed, tmp_path / "run", raises=True)
    assert summary["status"] == "diverged"
    assert summary["metrics"]["gradient/peak_norm"] > 1e6


def test_a_point_has_the_gradient_of_its_surface(config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    words = ("model=point", "model.start=[3,-2]", "objective.condition_number=10", "trainer.max_epochs=0")
    composed = config(*words, "diagnostics=gradients", "trainer.accelerator=cpu")
    metrics = run(composed, tmp_path / "run", raises=True)["metrics"]
    a = assemble(composed)
    place = torch.tensor([3.0, -2.0], requires_grad=True)
    a.objective.loss(place[None]).backward()
    assert place.grad is not None
    assert metrics["gradient/max_norm"] == pytest.approx(place.grad.norm().item())


@pytest.mark.parametrize("chosen", ["gradients", "weights"])
def test_what_cannot_be_looked_at_is_refused(chosen: str, config: Callable[..., dict[str, Any]]) -> None:
    model = {"gradients": "random_features", "weights": "constant"}[chosen]
    with pytest.raises(ConfigError, match=rf"diagnostics.{chosen}: looks at weight.*, this network has none"):
        assemble(config(f"model={model}", f"diagnostics={chosen}"))


def test_the_ratio_follows_the_pass_not_the_registration() -> None:
    class Backwards(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.output, self.middle, self.first = (nn.Linear(1, 1, bias=False) for _ in range(3))

        def forward(self, x: Tensor) -> Tensor:
            return self.output(self.middle(self.first(x)))

    network = Backwards()
    for layer, weight in ((network.output, 2.0), (network.middle, 5.0), (network.first, 3.0)):
        nn.init.constant_(layer.weight, weight)
    values = diagnostic().measure(network, Batch(torch.ones(1, 1), torch.zeros(1, 1)), squared_error, None)
    # y = 2 * 5 * 3; dL/dw = dL/dy * y / w, so the second layer's norm over the last one's is 2 / 5
    assert values["gradient/ratio"].item() == pytest.approx(2 / 5)
    assert [name for name in values if name.startswith("gradient/norm/")] == [
        *("gradient/norm/first", "gradient/norm/middle", "gradient/norm/output")
    ]
