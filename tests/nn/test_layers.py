"""Layers in the order of a pass, and what is seen of their calls."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from dlx.nn.layers import hooked, layers, watched
from dlx.nn.network import is_output


class Backwards(nn.Module):
    """Its layers are registered from the output to the input, as a U-Net's are in no order at all."""

    def __init__(self) -> None:
        super().__init__()
        self.output = nn.Linear(3, 2)
        self.norm = nn.BatchNorm1d(3)
        self.late = weight_norm(nn.Linear(5, 3))
        self.never = nn.Linear(1, 1)
        self.early = nn.LSTM(4, 5, batch_first=True)
        self.first = nn.Conv1d(2, 4, 1)
        self.activation = nn.PReLU()

    def forward(self, x: Tensor) -> Tensor:
        states = self.early(self.first(x).transpose(1, 2))[0]
        return self.output(self.activation(self.norm(self.late(states[:, -1]))))


def test_the_order_is_that_of_a_pass() -> None:
    network = Backwards()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    found = layers(network, torch.randn(6, 2, 7))
    assert [(layer.name, layer.kind, layer.part) for layer in found] == [
        ("first", "convolution", "trunk"),
        ("early", "recurrent", "trunk"),
        ("late", "linear", "trunk"),
        ("norm", "norm", "trunk"),
        ("output", "linear", "output"),
        ("never", "linear", "trunk"),
    ]
    assert next(layer.name for layer in layers(network)) == "output"  # as they were registered
    assert network.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


def test_watched_holds_the_last_call_and_leaves_no_hook() -> None:
    network = Backwards().eval()
    x = torch.randn(3, 2, 7)
    with watched(network, ["early", "output", "never"]) as seen:
        network(torch.zeros_like(x))
        result = network(x)
    assert set(seen) == {"early", "output"}  # what was not called is not there
    assert seen["output"].output is result
    assert torch.equal(network.output(seen["output"].given[0]), result)
    assert seen["early"].first.shape == (3, 7, 5)
    assert not any(module._forward_hooks for module in network.modules())


def test_a_hook_may_change_what_a_layer_gives_and_goes_when_the_block_fails() -> None:
    network = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    with hooked(network, {"0": lambda module, given, output: 0 * output}):
        assert torch.equal(network(torch.randn(4, 2)), network[1].bias.expand(4, 2))
    with pytest.raises(ZeroDivisionError), hooked(network, {"0": lambda module, given, output: 1 / 0}):
        network(torch.randn(4, 2))
    assert not network[0]._forward_hooks


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("output", True),
        ("output.weight", True),
        ("generator.output.0.bias", True),
        ("outputs.weight", False),
        ("", False),
    ],
)
def test_output_is_any_segment_of_a_name(name: str, expected: bool) -> None:
    assert is_output(name) is expected
