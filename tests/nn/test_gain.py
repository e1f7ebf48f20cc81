"""Gains of activations against numerical integration and against torch's table where that is principled."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from scipy.integrate import quad

from dlx.activation.maxout import Maxout
from dlx.config import gate
from dlx.nn.gain import activation_gain

Config = Callable[..., dict[str, Any]]
ACTIVATIONS = [
    "identity",
    "sigmoid",
    "tanh",
    "relu",
    "leaky_relu",
    "prelu",
    "elu",
    "selu",
    "gelu",
    "silu",
    "softplus",
    "softsign",
]


def scalar(activation: torch.nn.Module) -> Callable[[float], float]:
    """Return the activation as a function of one number."""
    return lambda z: activation.double()(torch.tensor([[z]], dtype=torch.float64)).item()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_gain_keeps_the_second_moment(name: str, config: Config) -> None:
    activation = gate.choice(config(f"activation={name}")["activation"], "activation").make()
    f = scalar(activation)
    density = 1 / math.sqrt(2 * math.pi)
    moment = sum(quad(lambda z: f(z) ** 2 * math.exp(-z * z / 2) * density, *ends)[0] for ends in ((-12, 0), (0, 12)))
    assert activation_gain(activation) == pytest.approx(moment**-0.5, rel=1e-6)


def test_torch_agrees_where_its_table_is_principled() -> None:
    gain = torch.nn.init.calculate_gain
    assert activation_gain(torch.nn.Identity()) == pytest.approx(gain("linear"), rel=1e-9)
    assert activation_gain(torch.nn.ReLU()) == pytest.approx(gain("relu"), rel=1e-9)
    assert activation_gain(torch.nn.LeakyReLU(0.2)) == pytest.approx(gain("leaky_relu", 0.2), rel=1e-9)
    assert activation_gain(torch.nn.SELU()) == pytest.approx(1, rel=1e-6)  # its constants are made so; torch says 3/4
    assert abs(activation_gain(torch.nn.Tanh()) - gain("tanh")) > 0.05  # torch's 5/3 is a rule of thumb


def test_the_activation_stays_as_it_is() -> None:
    activation = torch.nn.PReLU()
    activation_gain(activation)
    assert activation.weight.dtype == torch.float32


@pytest.mark.parametrize("pieces", [2, 3, 5])
def test_gain_of_the_largest_of_several(pieces: int) -> None:
    z = torch.randn(400_000, pieces, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    moment = Maxout(pieces=pieces)(z).square().mean().item()
    assert activation_gain(Maxout(pieces=pieces)) == pytest.approx(moment**-0.5, rel=5e-3)
    assert activation_gain(Maxout(pieces=2)) == pytest.approx(1, rel=1e-9)  # max² + min² = the sum of both squares
