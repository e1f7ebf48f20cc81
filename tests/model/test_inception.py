"""The inception network against torch's functions and the counts of Szegedy et al. (2015)."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from dlx.model.inception import Inception, Module
from dlx.normalization.none import NoNormalization
from dlx.spec import DataSpec

SPEC = DataSpec("image", (3, 8, 8), "class", 5)
KEYS: dict[str, Any] = {
    "blocks": [1, 2], "stem": 6, "widths": [2, 3, 4, 5], "reductions": [3, 2], "head": "global_avg",
}  # fmt: skip


def inception(spec: DataSpec = SPEC, **keys: Any) -> Inception:
    torch.manual_seed(0)
    return Inception(spec, nn.ReLU, NoNormalization(), 0.0, **{**KEYS, **keys})


def test_a_module_joins_four_branches() -> None:
    module = inception().hidden[0]
    assert isinstance(module, Module)
    x = torch.randn(2, 6, 8, 8)
    w = list(module.parameters())  # weight and bias of each convolution, branch by branch

    def layer(x: torch.Tensor, number: int) -> torch.Tensor:
        weight, bias = w[2 * number], w[2 * number + 1]
        return F.conv2d(x, weight, bias, padding=weight.shape[2] // 2).relu()

    one, three, five = layer(x, 0), layer(layer(x, 1), 2), layer(layer(x, 3), 4)
    pooled = layer(F.max_pool2d(x, 3, 1, 1), 5)
    torch.testing.assert_close(module(x), torch.cat([one, three, five, pooled], 1))
    assert [w[2 * number].shape[2] for number in range(6)] == [1, 1, 3, 1, 5, 1]


def test_inception_3a_has_as_many_weights_as_published() -> None:
    """Szegedy et al. 2015, table 1: 64, 96 -> 128, 16 -> 32 and 32 channels from 192; 163,696 with biases."""

    def layer(channels: int, units: int, kernel: int) -> nn.Module:
        return nn.Conv2d(channels, units, kernel, padding=kernel // 2)

    module = Module(layer, 192, [64, 128, 32, 32], [96, 16])
    assert sum(parameter.numel() for parameter in module.parameters()) == 163_696
    assert module(torch.zeros(1, 192, 4, 4)).shape == (1, 256, 4, 4)


def test_stages_halve_the_map_and_double_the_channels() -> None:
    network = inception()
    x = network.stem(torch.randn(2, 3, 8, 8))
    shapes = [tuple((x := block(x)).shape[1:]) for block in network.hidden]
    assert shapes == [(14, 8, 8), (14, 4, 4), (28, 4, 4), (28, 4, 4)]
    assert (network.reduction, tuple(network(torch.zeros(2, 3, 8, 8)).shape)) == (2, (2, 5))


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="widths: expected 4 numbers, for kernel sizes 1, 3 and 5 and for pooling"):
        inception(widths=[1, 2, 3])
    with pytest.raises(ValueError, match="reductions: expected 2 numbers, in front of kernel sizes 3 and 5"):
        inception(reductions=[1])
