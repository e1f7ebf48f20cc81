"""Normalizations against their formulas."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from dlx.assembly.assemble import assemble
from dlx.errors import ConfigError
from dlx.normalization.batch import Batch
from dlx.normalization.group import Group
from dlx.normalization.instance import Instance
from dlx.normalization.layer import Layer
from dlx.normalization.rms import RMS
from dlx.results.checkpoint import load_checkpoint
from dlx.run.run import run

Config = Callable[..., dict[str, Any]]
EPS = 1e-5
SHAPES = {1: (5, 8), 2: (5, 8, 6), 3: (5, 8, 4, 3)}


def values(dimensions: int) -> Tensor:
    torch.manual_seed(0)
    return 3 + 2 * torch.randn(SHAPES[dimensions])


def whitened(x: Tensor, axes: tuple[int, ...]) -> Tensor:
    return (x - x.mean(axes, keepdim=True)) / (x.var(axes, correction=0, keepdim=True) + EPS).sqrt()


def scaled(layer: nn.Module, y: Tensor) -> Tensor:
    """Apply a scale and a shift of a channel's own, which a layer learned."""
    shape = (1, -1, *[1] * (y.dim() - 2))
    layer.weight.data = torch.arange(1.0, 9.0)
    layer.bias.data = torch.arange(8.0)
    return y * layer.weight.view(shape) + layer.bias.view(shape)


@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_what_is_averaged_over(dimensions: int) -> None:
    x, space = values(dimensions), tuple(range(2, dimensions + 1))
    groups = whitened(x.unflatten(1, (4, 2)), tuple(range(2, dimensions + 2))).flatten(1, 2)
    cases: list[tuple[nn.Module, Tensor]] = [
        (Batch(eps=EPS, momentum=0.1, affine=True, shift_noise=0.0)(8, dimensions), whitened(x, (0, *space))),
        (Layer(eps=EPS, affine=True)(8, dimensions), whitened(x, (1, *space))),
        (Group(groups=4, eps=EPS, affine=True)(8, dimensions), groups),
    ]
    if dimensions > 1:
        cases.append((Instance(eps=EPS, affine=True)(8, dimensions), whitened(x, space)))
    for layer, y in cases:
        expected = scaled(layer, y)
        torch.testing.assert_close(layer(x), expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_root_mean_square(dimensions: int) -> None:
    x, layer = values(dimensions), RMS(eps=EPS, affine=True)(8, dimensions)
    size = x.flatten(1).square().mean(1).add(EPS).sqrt().view(-1, *[1] * dimensions)
    torch.testing.assert_close(layer(x), x / size)
    if dimensions == 1:
        torch.testing.assert_close(layer(x), nn.RMSNorm(8, eps=EPS)(x))
    layer.weight.data = torch.arange(1.0, 9.0)
    torch.testing.assert_close(layer(x), x / size * torch.arange(1.0, 9.0).view(-1, *[1] * (dimensions - 1)))


def test_running_statistics_are_moving_averages_and_serve_in_evaluation() -> None:
    layer = Batch(eps=EPS, momentum=0.3, affine=False, shift_noise=0.0)(8, 1)
    mean, variance = torch.zeros(8), torch.ones(8)
    for _ in range(4):
        x = 3 + 2 * torch.randn(5, 8)
        layer(x)
        mean = 0.7 * mean + 0.3 * x.mean(0)
        variance = 0.7 * variance + 0.3 * x.var(0)  # the unbiased one
    torch.testing.assert_close(layer.running_mean, mean)
    torch.testing.assert_close(layer.running_var, variance)
    x = torch.randn(3, 8)
    torch.testing.assert_close(layer.eval()(x), (x - mean) / (variance + EPS).sqrt())


def test_a_layer_norm_does_not_see_batch_mates_and_a_batch_norm_does() -> None:
    x = values(1)
    layer, batch = (make(8, 1) for make in (Layer(eps=EPS, affine=True), Batch(eps=EPS, momentum=0.1, affine=True,
                                                                              shift_noise=0.0)))  # fmt: skip
    torch.testing.assert_close(layer(x)[:2], layer(x[:2]))
    assert (batch(x)[:2] - batch(x[:2])).abs().max() > 0.1


@pytest.mark.parametrize("model", ["mlp", "cnn", "tdnn", "locally_connected"])
def test_weight_normalization_is_length_times_direction(model: str, config: Config) -> None:
    plain = assemble(config(f"model={model}", "initializer=he_normal")).network()
    assembly = assemble(config(f"model={model}", "initializer=he_normal", "normalization=weight"))
    network = assembly.network()
    x = assembly.data.train.inputs[:4]
    torch.testing.assert_close(network(x), plain(x))  # the first weights are the initializer's
    layers = [module for module in network.hidden.modules() if hasattr(module, "parametrizations")]
    assert len(layers) == len(network.hidden)
    for layer in layers:
        length, direction = layer.parametrizations.weight.original0, layer.parametrizations.weight.original1
        assert length.numel() == len(direction)
        direction.data *= 5  # the direction's length does not matter
        length.data *= 2
        size = direction.flatten(1).norm(dim=1).view(-1, *[1] * (direction.dim() - 1))
        torch.testing.assert_close(layer.weight, length * direction / size)
    assert not hasattr(network.output, "parametrizations")


def test_weight_normalization_trains_and_is_evaluated_again(config: Config, tmp_path: Path) -> None:
    composed = config("normalization=weight", "trainer.max_epochs=3", "trainer.accelerator=cpu")
    summary = run(composed, tmp_path / "run", raises=True)
    assert summary["metrics"]["test/accuracy"] > 0.8
    state = load_checkpoint(tmp_path / "run" / "checkpoints" / "best.ckpt")
    assert state is not None
    assert "network.hidden.0.0.parametrizations.weight.original0" in state["state_dict"]


MISTAKES = [
    (["normalization=instance"], "normalization=instance needs maps"),
    (["normalization=group", "normalization.groups=7"], "normalization.groups: expected a divisor of the 128"),
    (["normalization=batch", "dataset.limit=65"], "a training batch has one example"),
    (["normalization=batch", "dataset.batch_size=1"], "a training batch has one example"),
]


@pytest.mark.parametrize(("overrides", "message"), MISTAKES, ids=[" ".join(m[0]) for m in MISTAKES])
def test_mistakes_are_refused_before_training(overrides: list[str], message: str, config: Config) -> None:
    with pytest.raises(ConfigError) as caught:
        assemble(config(*overrides))
    assert message in str(caught.value)


def test_a_last_batch_of_one_may_be_left_out(config: Config) -> None:
    assemble(config("normalization=batch", "dataset.limit=65", "dataset.drop_last=true"))
    assemble(config("normalization=batch", "dataset.limit=65", "model=cnn"))  # maps have further values to average over
