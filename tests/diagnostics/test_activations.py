"""Activations against numpy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from dlx.assembly.assemble import assemble
from dlx.contracts import Batch
from dlx.diagnostics.activations import PIECE, Activations, outputs, slope
from dlx.errors import ConfigError


def measured(network: nn.Module, inputs: torch.Tensor) -> dict[str, float]:
    values = Activations(every=1, examples=None).measure(network, Batch(inputs, None), None, None)  # type: ignore[arg-type]
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


@pytest.mark.parametrize(("kind", "dead"), [("tanh", 0.0), ("relu", 1 / 3)])
def test_the_units_of_a_recurrent_layer_are_its_states(kind: str, dead: float) -> None:
    torch.manual_seed(0)
    layer = nn.RNN(2, 3, nonlinearity=kind, batch_first=True)
    with torch.no_grad():
        layer.bias_hh_l0[1], layer.weight_ih_l0[1], layer.weight_hh_l0[1] = -9.0, 0.0, 0.0  # one unit far below
    x = torch.randn(50, 7, 2)
    found = Activations(every=1, examples=None).measure(nn.Sequential(layer), Batch(x, x), None, None)  # type: ignore[arg-type]
    states = layer(x)[0].detach().double()
    assert found["activation/mean/0"].item() == pytest.approx(states.mean().item())
    assert found["activation/sd/0"].item() == pytest.approx(states.std(correction=0).item())
    assert found["activation/dead/0"].item() == pytest.approx(1 / 3)
    slopes = 1 - states**2 if kind == "tanh" else (states > 0).double()
    assert found["activation/saturated/0"].item() == pytest.approx((slopes < 1e-3).double().mean().item())
    assert found["activation/zero_gradient/0"].item() == pytest.approx(dead)
    gated = Activations(every=1, examples=None).measure(nn.Sequential(nn.GRU(2, 3)), Batch(x, x), None, None)  # type: ignore[arg-type]
    assert sorted(gated) == ["activation/dead/0", "activation/mean/0", "activation/sd/0"]


def test_a_network_without_hidden_units_is_refused(config: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(ConfigError, match=r"diagnostics.activations: looks at hidden units, this network has none"):
        assemble(config("model=linear", "diagnostics=activations"))


def test_of_padded_sequences_only_the_symbols_are_counted(config: Callable[..., dict[str, Any]]) -> None:
    assembly = assemble(config("dataset=translation", "model=seq2seq", "model.width=8", "dataset.limit=16"))
    network, inputs = assembly.network(), assembly.data.train.inputs
    states = outputs(network, inputs)
    symbols = int((inputs.argmax(-1) != 0).sum() if inputs.dim() == 3 else (inputs != 0).sum())
    assert {len(values) for name, values in states.items() if "encoder" in name} == {8 * symbols}
