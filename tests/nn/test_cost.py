"""Operations counted by hand."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from dlx.contracts import Batch, Net
from dlx.nn.cost import flops, seconds


def loss(network: Net, batch: Batch) -> Tensor:
    output: Any = network(batch.inputs)
    return (output[0] if isinstance(output, tuple) else output).square().sum()


def test_dense_layers_by_hand() -> None:
    """Forward 2 n in out each; backward the same for the weights, and again for the inputs but the first ones."""
    network = nn.Sequential(nn.Linear(5, 7), nn.ReLU(), nn.Linear(7, 3))
    first, second = 2 * 4 * 5 * 7, 2 * 4 * 7 * 3
    assert flops(network, Batch(torch.ones(4, 5), None), loss) == (first + second, first + 2 * second)


def test_convolution_by_hand() -> None:
    network = nn.Conv2d(2, 3, 3)
    assert flops(network, Batch(torch.ones(4, 2, 8, 8), None), loss)[0] == 2 * 4 * 6 * 6 * 3 * 2 * 9


def test_recurrent_layer_by_hand() -> None:
    """Four gates, each with a matrix on the input and one on the state, at each of 6 steps."""
    network = nn.LSTM(5, 7, batch_first=True)
    assert flops(network, Batch(torch.ones(4, 6, 5), None), loss)[0] == 2 * 4 * 6 * 4 * 7 * (5 + 7)


def test_the_network_and_the_draws_are_left_alone() -> None:
    network = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Dropout(0.5))
    before, state = {k: v.clone() for k, v in network.state_dict().items()}, torch.get_rng_state()
    flops(network, Batch(torch.randn(8, 2, generator=torch.Generator().manual_seed(0)), None), loss)
    assert all(torch.equal(v, before[k]) for k, v in network.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)
    assert network[0].weight.grad is None


def test_a_larger_network_takes_longer() -> None:
    small, large = (nn.Sequential(*[nn.Linear(400, 400) for _ in range(n)]) for n in (1, 8))
    inputs = torch.ones(64, 400)
    times = [seconds(network, Batch(inputs, None), loss, 3) for network in (small, large)]
    assert times[1][0] > times[0][0] > 0
    assert times[1][1] > times[0][1] > 0


@pytest.mark.parametrize("depth", [1, 4, 16])
def test_backward_never_costs_more_than_twice_the_forward_pass(depth: int) -> None:
    network = nn.Sequential(*[nn.Linear(16, 16) for _ in range(depth)])
    forward, backward = flops(network, Batch(torch.ones(4, 16), None), loss)
    assert forward <= backward <= 2 * forward
