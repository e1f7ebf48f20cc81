"""Activations against numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from dlx.diagnostics.activations import PIECE, Activations, slope


def measured(network: nn.Module, inputs: torch.Tensor) -> dict[str, float]:
    values = Activations(every=1, examples=None).measure(network, inputs, torch.zeros(1), lambda *_: torch.zeros(()))
    return {name.removeprefix("activation/"): float(value) for name, value in values.items()}


def test_against_numpy_in_several_pieces() -> None:
    torch.manual_seed(0)
    inputs = torch.randn(2 * PIECE + 10, 5)
    values = measured(nn.Sequential(nn.Identity(), nn.Tanh()), inputs)
    expected = np.tanh(inputs.double().numpy())
    assert values["mean/1"] == pytest.approx(expected.mean(), abs=1e-6)
    assert values["sd/1"] == pytest.approx(expected.std(), rel=1e-6)
    assert values["saturated/1"] == pytest.approx((1 - expected**2 < 1e-3).mean(), abs=1e-6)


@pytest.mark.parametrize(
    ("activation", "dead", "stuck"),
    [
        (nn.ReLU(), 0.5, 0.5),
        (nn.LeakyReLU(0.01), 0.5, 0.0),  # always negative, yet not stuck
        (nn.ELU(), 0.5, 0.0),
        (nn.GELU(), 0.5, 0.5),  # at -20 its derivative underflows to exactly 0
        (nn.Sigmoid(), 0.0, 0.0),
    ],
)
def test_dead_and_stuck(activation: nn.Module, dead: float, stuck: float) -> None:
    """Two of four units are far below 0 for every example; a third one is so for all examples but one."""
    inputs = torch.tensor([[-20.0, -20, 1, -20]]).repeat(PIECE + 5, 1)
    inputs[-1, 3] = 1.0
    values = measured(nn.Sequential(activation), inputs)
    assert (values["dead/0"], values["zero_gradient/0"]) == (dead, stuck)


def test_channels_are_the_units_of_images_and_of_1d_convolutions() -> None:
    image = nn.Sequential(nn.Conv2d(1, 3, 1), nn.ReLU())
    nn.init.zeros_(image[0].weight)
    image[0].bias.data = torch.tensor([-1.0, 1, 1])
    assert measured(image, torch.ones(2, 1, 4, 4))["dead/1"] == pytest.approx(1 / 3)
    line = nn.Sequential(nn.Conv1d(1, 3, 1), nn.ReLU())
    nn.init.zeros_(line[0].weight)
    line[0].bias.data = torch.tensor([-1.0, 1, 1])
    assert measured(line, torch.ones(2, 1, 4))["dead/1"] == pytest.approx(1 / 3)


def test_units_of_a_sequence_stand_last() -> None:
    inputs = torch.ones(2, 5, 4)
    inputs[..., 0] = -1
    assert measured(nn.Sequential(nn.ReLU()), inputs)["dead/0"] == 0.25


def test_softmax_is_no_unit() -> None:
    assert measured(nn.Sequential(nn.Softmax(1)), torch.ones(2, 3)) == {}


def test_slope_of_a_sigmoid() -> None:
    x = torch.linspace(-4, 4, 9)
    s = 1 / (1 + np.exp(-x.numpy()))
    np.testing.assert_allclose(slope(nn.Sigmoid(), x).numpy(), s * (1 - s), rtol=1e-5)
