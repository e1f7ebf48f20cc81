"""A traced step: its gradient and its update are those that a training takes, by torch's own optimizer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from dlx.assembly.assemble import assemble
from dlx.errors import ConfigError
from dlx.run.trace import trace


def test_a_step_of_linear_regression_by_its_formula(config: Callable[..., Any]) -> None:
    words = "model=linear dataset=linear optimizer=sgd optimizer.lr=0.5 regularizer=l2 regularizer.l2.strength=0.25"
    assembly = assemble(config(*words.split()))
    traced = trace(assembly, assembly.network(), examples=4)
    weight, bias = (each.value for each in traced.weights)
    x = traced.inputs.value
    y = assembly.data.train.targets[:4].double()
    error = x @ weight.T + bias - y
    gradient = 2 * error.T @ x / 4 + 0.25 * 2 * weight
    torch.testing.assert_close(traced.weights[0].gradient, gradient)
    torch.testing.assert_close(traced.weights[0].updated, weight - 0.5 * gradient)
    torch.testing.assert_close(traced.weights[1].updated, bias - 0.5 * 2 * error.mean(0))
    assert traced.error < 1e-8
    assert [each.name for each in traced.weights] == ["W1", "b1"]


@pytest.mark.parametrize(
    "words", ["model=mlp model.depth=2 dataset=moons", "model=lstm model.width=1 dataset.context_length=2"]
)
def test_the_chain_rule_is_that_of_finite_differences(config: Callable[..., Any], words: str) -> None:
    width = [] if "width" in words else ["model.width=2"]
    assembly = assemble(config(*words.split(), *width, "optimizer=adam"))
    network = assembly.network()
    before = {name: each.clone() for name, each in network.named_parameters()}
    traced = trace(assembly, network, examples=2)
    assert traced.error < 1e-6
    assert traced.operations[0].rule
    assert all(torch.equal(each, before[name]) for name, each in network.named_parameters())
    moved = traced.weights[-1].updated - traced.weights[-1].value  # the first step of Adam is lr times the sign
    torch.testing.assert_close(moved, -0.001 * traced.weights[-1].gradient.sign(), atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    ("words", "said"),
    [("model=pca dataset=digits", "has no weights to train"), ("model=vae dataset=digits", "draws random numbers")],
)
def test_what_cannot_be_followed_is_refused(config: Callable[..., Any], words: str, said: str) -> None:
    assembly = assemble(config(*words.split()))
    with pytest.raises(ConfigError, match=said):
        trace(assembly, assembly.network(), examples=1)
