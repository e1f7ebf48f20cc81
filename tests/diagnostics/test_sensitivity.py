"""Sensitivity against the matrix of a linear network and torch's own Jacobian."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from dlx.contracts import Batch
from dlx.diagnostics.sensitivity import Sensitivity


def measured(network: nn.Module, inputs: torch.Tensor) -> dict[str, float]:
    values = Sensitivity(every=1, examples=8).measure(network, Batch(inputs, None), None, None)  # type: ignore[arg-type]
    return {name.removeprefix("sensitivity/"): float(value) for name, value in values.items()}


def test_of_a_linear_network_is_the_norm_of_its_matrix() -> None:
    network = nn.Linear(3, 4)
    values = measured(network, torch.randn(8, 3))
    assert values["jacobian_norm"] == pytest.approx(network.weight.norm().item(), rel=1e-6)
    assert values["largest"] == pytest.approx(values["jacobian_norm"], rel=1e-6)


def test_equals_torchs_jacobian() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 6), nn.Tanh(), nn.Linear(6, 2))
    inputs = torch.randn(8, 3)
    norms = torch.stack([torch.autograd.functional.jacobian(network, x).norm() for x in inputs])
    values = measured(network, inputs)
    assert values["jacobian_norm"] == pytest.approx(norms.mean().item(), rel=1e-5)
    assert values["largest"] == pytest.approx(norms.max().item(), rel=1e-5)


def test_a_constant_network_is_not_sensitive() -> None:
    network = nn.Linear(3, 2)
    nn.init.zeros_(network.weight)
    assert measured(network, torch.randn(8, 3)) == {"jacobian_norm": 0.0, "largest": 0.0}


def test_tokens_have_no_jacobian() -> None:
    assert measured(nn.Embedding(5, 2), torch.zeros(8, dtype=torch.long)) == {}
