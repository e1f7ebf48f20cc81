"""Weights against numpy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from dlx.contracts import Batch
from dlx.diagnostics.weights import Weights, distinct_rows, rank
from dlx.model.locally_connected import Local
from dlx.run.run import run


def measured(network: nn.Module) -> dict[str, float]:
    values = Weights(every=1, tolerance=1e-4).measure(network, Batch(torch.zeros(1, 3), None), None, None)
    return {name: float(value) for name, value in values.items() if value.numel() == 1}


def test_by_hand() -> None:
    network = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    weight = torch.tensor([[1.0, 2, 0, 0], [2, 4, 0, 0], [1, 2, 0, 5]])
    network[0].weight.data, network[0].bias.data = weight, torch.zeros(3)
    values = measured(network)
    assert values["weight/norm/0"] == pytest.approx(np.linalg.norm(weight.numpy()))
    assert values["weight/rank/0"] == np.linalg.matrix_rank(weight.numpy()) == 2
    assert values["weight/distinct_units/0"] == 3
    assert values["weight/zero_share/0"] == pytest.approx(5 / 12)
    assert values["weight/unused_inputs/0"] == 1
    both = np.concatenate([weight.numpy().ravel(), network[2].weight.detach().numpy().ravel()])
    assert values["weight/norm"] == pytest.approx(np.linalg.norm(both), rel=1e-6)
    assert values["weight/zero_share"] == pytest.approx(5 / 18)


def test_bias_tells_units_apart() -> None:
    network = nn.Linear(4, 3)
    nn.init.constant_(network.weight, 0.5)
    network.bias.data = torch.tensor([0.0, 0.0, 1.0])
    assert measured(nn.Sequential(network))["weight/distinct_units/0"] == 2


def test_biases_of_places_belong_to_their_rows() -> None:
    network = Local(1, 2, 3, 1, (4, 4))  # 2 units at 4 places: 8 rows, biases (2, 2, 2)
    nn.init.constant_(network.weight, 0.5)
    nn.init.zeros_(network.bias)
    network.bias.data[1, 0, 1] = 1.0
    assert measured(nn.Sequential(network))["weight/distinct_units/0"] == 2


def test_distinct_rows_equal_numpys_unique() -> None:
    random = np.random.default_rng(0)
    rows = random.normal(size=(7, 5))[random.integers(0, 7, 40)]
    noisy = rows + 1e-7 * random.normal(size=rows.shape)
    assert distinct_rows(torch.from_numpy(noisy), 1e-4) == len(np.unique(rows, axis=0))


def test_rank_of_what_is_not_finite() -> None:
    assert rank(torch.full((2, 2), float("nan"))) == -1


def test_kernel_is_read_as_a_matrix() -> None:
    network = nn.Sequential(nn.Conv2d(2, 4, 3))
    assert measured(network)["weight/rank/0"] == 4


@pytest.mark.parametrize("initializer", ["default", "he_normal"])
def test_in_a_run(initializer: str, config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    composed = config(
        "diagnostics=weights", f"initializer={initializer}", "trainer.max_epochs=0", "trainer.accelerator=cpu"
    )
    metrics = run(composed, tmp_path / "run", raises=True)["metrics"]
    assert metrics["weight/distinct_units/output"] == metrics["weight/rank/output"] == 10
    assert metrics["init/weight/norm"] == metrics["weight/norm"]
