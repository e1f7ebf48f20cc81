"""Autograd agrees with finite differences through every model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from dlx import paths
from dlx.assembly.assemble import assemble
from dlx.contracts.model import Model

Config = Callable[..., dict[str, Any]]
MODELS = [file.stem for file in sorted((paths.shipped("conf") / "model").glob("*.yaml")) if file.stem[0] != "_"]
SMALL = {
    "width": 4,
    "window": 4,
    "features": 6,
    "heads": 2,
    "feedforward": 6,
}
FURTHER = [
    ("lstm", ["model.gates.forget=false"]),
    ("gru", ["model.gates.reset=false", "model.bidirectional=true"]),
    ("rnn", ["activation=silu", "model.depth=2"]),
    ("cnn", ["dataset=sunspots", "model.antialias=true", "normalization=group", "normalization.groups=2"]),
    ("cnn", ["normalization=instance", "model.head=global_avg", "model.pooling=avg", "model.padding_mode=circular"]),
    ("mlp", ["activation=maxout", "normalization=rms", "model.skip=true", "model.depth=4"]),
    ("mlp", ["normalization=weight"]),
    ("locally_connected", ["normalization=weight"]),
    ("transformer", ["model.positions=learned", "model.attention=additive", "model.gated=true", "activation=silu"]),
    ("transformer", ["model.positions=rotary", "model.norm_first=false", "model.causal=true", "activation=maxout"]),
    ("tdnn", ["model.readout=mean", "normalization=layer"]),
]


def differences(function: Callable[[], Tensor], parameter: Tensor, places: list[int], step: float = 1e-6) -> Tensor:
    """Return central differences of a scalar by some entries of a tensor."""
    found = []
    flat = parameter.data.view(-1)
    for place in places:
        before = flat[place].item()
        values = []
        for sign in (1, -1):
            flat[place] = before + sign * step
            values.append(function().item())
        flat[place] = before
        found.append((values[0] - values[1]) / (2 * step))
    return torch.tensor(found, dtype=torch.float64)


@pytest.mark.parametrize(("model", "overrides"), [*((name, []) for name in MODELS), *FURTHER], ids=str)
def test_autograd_is_the_limit_of_differences(model: str, overrides: list[str], config: Config) -> None:
    activation = [] if any("activation=" in word for word in overrides) else ["activation=tanh"]  # no kinks
    composed = config(f"model={model}", *activation, *overrides)
    small = [f"model.{key}={value}" for key, value in SMALL.items() if key in composed["model"]]
    assembly = assemble(config(f"model={model}", *activation, *small, *overrides))
    network: nn.Module = assembly.network().double().eval()
    x = assembly.data.train.inputs[:3].double()
    torch.manual_seed(0)
    mix = torch.randn_like(network(x))

    def total() -> Tensor:
        return (network(x) * mix).sum()

    parts = network.parts if isinstance(network, Model) else ()
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        (gradient,) = torch.autograd.grad(total(), parameter, allow_unused=True)
        if gradient is None:  # a part that the output does not depend on, like a generator
            assert not name.startswith(f"{parts[-1]}."), name
            continue
        places = torch.randperm(parameter.numel())[:6].tolist()
        with torch.no_grad():
            expected = differences(total, parameter, places)
        scale = gradient.abs().max().item() + 1e-3
        torch.testing.assert_close(gradient.view(-1)[places] / scale, expected / scale, atol=1e-5, rtol=1e-4, msg=name)
