"""Saliency and integrated gradients: known functions, and completeness."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from dlx.assembly.assemble import assemble
from dlx.contracts import Batch
from dlx.contracts.diagnostics import Subject
from dlx.diagnostics._scores import bars, gradient
from dlx.diagnostics.integrated_gradients import IntegratedGradients, attributions, baseline
from dlx.errors import ConfigError

Config = Callable[..., dict[str, Any]]


class Product(nn.Module):
    """Two outputs of two inputs: x1 x2, and 3 x1."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.stack([x[:, 0] * x[:, 1], 3 * x[:, 0]], 1)


def test_the_gradient_of_the_chosen_output() -> None:
    x = torch.tensor([[2.0, 5], [2, 5]])
    assert gradient(Product(), x, torch.tensor([0, 1])).tolist() == [[5, 2], [3, 0]]
    assert gradient(lambda x: torch.ones(2, 2), x, torch.tensor([0, 1])).tolist() == [[0, 0], [0, 0]]  # type: ignore[arg-type]


def test_contributions_of_a_product() -> None:
    """Along the line from 0 the gradient of x1 x2 is (t x2, t x1), whose mean is half of it."""
    x = torch.tensor([[2.0, 5], [2, 5]])
    found = attributions(Product(), x, torch.zeros_like(x), torch.tensor([0, 1]), steps=4)
    assert found.tolist() == [[5, 5], [6, 0]]
    found = attributions(Product(), x[:1], torch.tensor([[0.0, 5]]), torch.tensor([0]), steps=1)
    assert found.tolist() == [[10, 0]]  # the other input is the baseline's


def test_contributions_add_up_to_the_change_of_the_score() -> None:
    """Sundararajan et al. 2017, proposition 1; the gap falls with the square of the step (midpoint rule)."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 3)).double()
    x, start, column = 2 * torch.randn(4, 6).double(), torch.randn(4, 6).double(), torch.tensor([0, 1, 2, 0])
    change = (network(x) - network(start)).gather(1, column[:, None])[:, 0]
    gaps = [(attributions(network, x, start, column, n).sum(1) - change).abs().max().item() for n in (10, 100)]
    assert gaps[1] < 1e-4
    assert gaps[0] / gaps[1] == pytest.approx(100, rel=0.1)


def test_the_gap_is_measured(config: Config) -> None:
    assembly = assemble(config("diagnostics=integrated_gradients", "activation=tanh", "dataset=iris"))
    measure = assembly.measures["integrated_gradients"]
    batch = assembly.data.train.batch(slice(6))
    gap = measure.measure(assembly.network().eval(), batch, lambda net, given: given, assembly.data)  # type: ignore[arg-type]
    assert 0 <= gap["integrated_gradients/gap"].item() < 1e-3
    coarse = IntegratedGradients(assembly.data.spec, every=1, steps=1)
    network = nn.Sequential(nn.Linear(4, 1, bias=False), Square())
    value = coarse.measure(network, Batch(batch.inputs, batch.targets), lambda net, given: given, assembly.data)  # type: ignore[arg-type]
    assert value["integrated_gradients/gap"].item() == pytest.approx(0.25)  # x³: the midpoint gives 3/4 of it


class Square(nn.Module):
    """The third power, with two more outputs that are lower."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x**3, x**3 - 1, x**3 - 2], 1)


@pytest.mark.parametrize("model", ["cnn", "mlp", "rnn"])
def test_the_baseline_is_black(model: str, config: Config) -> None:
    data = assemble(config(f"model={model}", "model.width=4", "dataset=digits")).data
    start = baseline(data.train.inputs[:2], data)
    assert start.shape == data.train.inputs[:2].shape
    assert start.min().item() == start.max().item() == pytest.approx(data.images.black.item())  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("words", "shape"),
    [(("dataset=digits", "model=cnn"), 12), (("dataset=iris",), 4), (("dataset=adding", "model=rnn"), 4)],
)
def test_pictures_of_images_features_and_sequences(words: tuple[str, ...], shape: int, config: Config) -> None:
    assembly = assemble(config(*words, "model.width=4", "diagnostics=[saliency,integrated_gradients]"))
    subject = Subject(assembly.network().eval(), assembly.data, assembly.objective)
    for name, measure in assembly.measures.items():
        (picture,) = measure.explain(subject).values()
        assert len(picture.drawing.axes) == shape, name
        assert picture.caption.endswith(".")


def test_bars_of_the_largest_of_many_features() -> None:
    values = np.zeros((1, 50))
    values[0, [3, 40]] = [-2, 1]
    (own,) = bars(values, ["a"], [f"f{i}" for i in range(50)], signed=True).axes
    names = [label.get_text() for label in own.get_yticklabels()]
    assert len(names) == 30
    assert {"f3", "f40"} <= set(names)
    assert own.get_xlim() == pytest.approx((-2.1, 2.1))


def test_needs_several_real_inputs(config: Config) -> None:
    for words in (("dataset=polynomial_curve", "model=linear"), ("model=autoencoder",)):
        with pytest.raises(ConfigError, match=r"diagnostics.saliency: (compares|explains)"):
            assemble(config(*words, "diagnostics=saliency"))
