"""Maxout by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from dlx.activation.maxout import Maxout
from dlx.assembly.assemble import assemble


def test_largest_of_each_group_of_pieces() -> None:
    x = torch.tensor([[1.0, 5.0, 2.0, -3.0, -1.0, -2.0]])
    assert Maxout(pieces=3)(x).tolist() == [[5.0, -1.0]]
    assert Maxout(pieces=2)(x).tolist() == [[5.0, 2.0, -1.0]]
    images = torch.randn(2, 6, 4, 4)
    expected = images.numpy().reshape(2, 3, 2, 4, 4).max(2)
    np.testing.assert_array_equal(Maxout(pieces=2)(images).numpy(), expected)


def test_a_layer_has_pieces_times_its_width(config: Callable[..., dict[str, Any]]) -> None:
    assembly = assemble(config("activation=maxout", "activation.pieces=3", "model.depth=2", "model.width=7"))
    network, x = assembly.network(), assembly.data.train.inputs[:5]
    weight, bias = network.hidden[0][0].weight, network.hidden[0][0].bias
    assert weight.shape == (21, 64)
    hidden = (x @ weight.T + bias).reshape(5, 7, 3).amax(2)
    torch.testing.assert_close(network(x), hidden @ network.output.weight.T + network.output.bias)
