"""The layer table: its sums are the parameters and the operations of the whole network, its shapes those of a pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dlx.assembly.assemble import assemble
from dlx.nn.cost import flops_per_example
from dlx.nn.layer_table import layer_table


@pytest.mark.parametrize(
    "words",
    [
        "model=cnn dataset=digits normalization=batch",
        "model=lstm model.width=4",
        "model=mlp normalization=weight dataset=iris",
        "model=vit dataset=digits model.depth=1",
    ],
)
def test_the_rows_add_up_to_the_whole(config: Callable[..., Any], words: str) -> None:
    assembly = assemble(config(*words.split()))
    network, train = assembly.network(), assembly.data.train
    rows = layer_table(network, train)
    assert sum(row.parameters for row in rows) == sum(each.numel() for each in network.parameters())
    assert sum(row.flops for row in rows) == flops_per_example(network, train)


def test_a_linear_layer_has_two_operations_for_each_weight(config: Callable[..., Any]) -> None:
    assembly = assemble(config("model=mlp", "model.depth=2", "model.width=5", "dataset=iris", "model.frozen=[hidden]"))
    first, act, last = layer_table(assembly.network(), assembly.data.train)
    assert (first.shape, first.weights, first.parameters, first.flops) == ((5,), ((5, 4), (5,)), 25, 2 * 20)
    assert (act.parameters, act.flops, act.shape) == (0, 0, (5,))
    assert (first.trained, last.trained, last.flops) == (0, 18, 2 * 15)
