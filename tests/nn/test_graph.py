"""Graphs of operations: gradients equal torch's, finite differences and formulas of the chain rule agree with them."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from dlx.nn.graph import Graph, is_transposed, shown_as, symbols

generator = torch.Generator().manual_seed(3)
X, W, V, B = (torch.randn(*size, generator=generator, dtype=torch.float64) for size in ((3, 2), (4, 2), (2, 4), (4,)))
CLASSES = torch.tensor([0, 1, 1])


def loss(x: Tensor, w: Tensor, b: Tensor, v: Tensor) -> Tensor:
    """Return the cross-entropy of two layers with tanh between them."""
    return F.cross_entropy(F.linear(torch.tanh(F.linear(x, w, b)), v), CLASSES)


def test_values_and_gradients_are_those_of_autograd() -> None:
    graph = Graph.of(loss, [X, W, B, V])
    leaves = [each.clone().requires_grad_() for each in (X, W, B, V)]
    value = loss(*leaves)
    value.backward()
    assert float(graph.operations[-1].value) == pytest.approx(float(value.detach()), rel=1e-12)
    for each, leaf in zip(graph.arguments, leaves, strict=True):
        torch.testing.assert_close(each.gradient, leaf.grad)


def test_each_operation_agrees_with_finite_differences_and_the_chain_rule() -> None:
    graph = Graph.of(loss, [X, W, B, V])
    by_kind = {each.kind: each for each in graph.operations}
    for each in (*graph.arguments, *(each for each in graph.operations if each.gradient is not None)):
        place = (0,) * each.value.dim()
        found = graph.differences(each, [place])[place]
        assert found == pytest.approx(float(each.gradient[place]), abs=1e-8), each.kind
    hidden, layer = by_kind["tanh"], by_kind["addmm"]
    expected = hidden.gradient * (1 - hidden.value**2)
    torch.testing.assert_close(layer.gradient, expected)
    torch.testing.assert_close(graph.arguments[1].gradient, expected.T @ X)


def test_weights_of_a_linear_layer_are_shown_transposed() -> None:
    layer = next(each for each in Graph.of(loss, [X, W, B, V]).operations if each.kind == "addmm")
    assert [is_transposed(each) for each in layer.arguments] == [False, False, True]
    assert shown_as(layer.arguments[2]).node.op == "placeholder"


def test_a_loss_that_draws_random_numbers_is_refused() -> None:
    with pytest.raises(ValueError, match="draws random numbers"):
        Graph.of(lambda x: (x * torch.rand(3, 2)).sum(), [X])


def test_symbols_number_the_layers() -> None:
    names = ["a.weight", "a.bias", "b.weight", "c.start"]
    assert list(symbols(names).values()) == ["W1", "b1", "W2", "start_3"]
