"""Residual networks against published sizes and an independent forward pass with the same weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlx.activation.maxout import Maxout
from dlx.model.resnet import Padded, ResNet
from dlx.normalization.batch import Batch
from dlx.normalization.none import NoNormalization
from dlx.normalization.rms import RMS
from dlx.spec import DataSpec

CIFAR = DataSpec("image", (3, 32, 32), "class", 10)
IMAGES = DataSpec("image", (3, 9, 8), "class", 4)
SERIES = DataSpec("series", (12, 3), "series", 2)
BATCH = Batch(eps=1e-5, momentum=0.1, affine=True, shift_noise=0.0)
KEYS: dict[str, Any] = {
    "block": "basic",
    "blocks": [2, 1],
    "width": 4,
    "expansion": 4,
    "shortcut": "identity",
    "preactivation": False,
    "stem": "small",
    "head": "global_avg",
}


def resnet(
    spec: DataSpec = IMAGES,
    activation: Callable[[], nn.Module] = nn.ReLU,
    normalization: Callable[[int, int], nn.Module] = BATCH,
    dropout: float = 0.0,
    **keys: Any,
) -> ResNet:
    """Return a network with some keys changed."""
    torch.manual_seed(0)
    return ResNet(spec, activation, normalization, dropout, **{**KEYS, **keys})


def trained(network: ResNet) -> ResNet:
    """Return the network in double precision with random statistics and random scales, in evaluation mode."""
    generator = torch.Generator().manual_seed(1)
    for name, value in network.state_dict().items():
        if value.is_floating_point() and ("running" in name or value.dim() == 1):
            value.copy_(0.5 + torch.rand(value.shape, generator=generator))
    return network.double().eval()


def parameters(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def published_size(count: int, width: int = 16, classes: int = 10) -> int:
    """Return the parameters of the network for CIFAR with 6 count + 2 layers (He et al. 2016, section 4.2)."""
    channels = [width, 2 * width, 4 * width]
    convolutions = 3 * 9 * width
    for stage, units in enumerate(channels):
        fan_in = channels[max(stage - 1, 0)]
        convolutions += 9 * fan_in * units + (2 * count - 1) * 9 * units**2
    normalizations = 2 * (width + 2 * count * sum(channels))
    return convolutions + normalizations + channels[-1] * classes + classes


@pytest.mark.parametrize(("depth", "millions"), [(20, 0.27), (32, 0.46), (44, 0.66), (56, 0.85), (110, 1.7)])
def test_sizes_of_the_paper(depth: int, millions: float) -> None:
    """He et al. 2016, table 6, and the sum over the layers."""
    count = (depth - 2) // 6
    network = resnet(CIFAR, blocks=[count] * 3, width=16)
    assert parameters(network) == published_size(count)
    assert round(parameters(network) / 1e6, 1 if depth == 110 else 2) == millions
    weighted = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert len(weighted) == depth


@pytest.mark.parametrize(
    ("block", "blocks", "size"),
    [
        ("basic", [2, 2, 2, 2], 11_689_512),
        ("basic", [3, 4, 6, 3], 21_797_672),
        ("bottleneck", [3, 4, 6, 3], 25_557_032),
        ("bottleneck", [3, 4, 23, 3], 44_549_160),
    ],
)
def test_sizes_of_torchvision(block: str, blocks: list[int], size: int) -> None:
    """ResNet-18, -34, -50 and -101 for ImageNet; torchvision's documentation lists their parameters."""
    spec = DataSpec("image", (3, 224, 224), "class", 1000)
    with torch.device("meta"):
        network = resnet(spec, block=block, blocks=blocks, width=64, shortcut="projection", stem="large")
        maps = network.stem(torch.zeros(1, 3, 224, 224))
        assert maps.shape == (1, 64, 56, 56)
        for layer in network.hidden:
            maps = layer(maps)
    assert parameters(network) == size
    assert maps.shape == (1, 2048 if block == "bottleneck" else 512, 7, 7)


def normalized(x: Tensor, state: dict[str, Tensor], name: str) -> Tensor:
    given = [state[f"{name}.{key}"] for key in ("running_mean", "running_var", "weight", "bias")]
    return F.batch_norm(x, *given, training=False, eps=1e-5)


def expected(network: ResNet, x: Tensor, block: str, shortcut: str, preactivation: bool) -> Tensor:
    """Return the outputs by torch's functions from the weights of the network."""
    state = dict(network.state_dict())
    convolve = F.conv2d if x.dim() == 4 else F.conv1d

    def convolved(x: Tensor, name: str, stride: int = 1) -> Tensor:
        weight = state[f"{name}.weight"]
        return convolve(x, weight, stride=stride, padding=weight.shape[-1] // 2)

    x = convolved(x, "stem.0")
    x = x if preactivation else normalized(x, state, "stem.1").relu()
    for number, halves in enumerate([False, False, True]):
        name, stride = f"hidden.{number}", 2 if halves else 1
        before = normalized(x, state, f"{name}.before.0").relu() if preactivation else x
        y, count = before, 3 if block == "bottleneck" else 2
        for i in range(count):
            here = stride if i == count - 2 else 1  # the middle of a bottleneck, the first of a basic block
            y = convolved(y, f"{name}.branch.{i}.0", here)
            if i < count - 1 or not preactivation:
                y = normalized(y, state, f"{name}.branch.{i}.1")
            y = y.relu() if i < count - 1 else y
        if shortcut == "projection" and y.shape != x.shape:
            x = convolved(before if preactivation else x, f"{name}.shortcut.0", stride)
            x = x if preactivation else normalized(x, state, f"{name}.shortcut.1")
        elif shortcut == "identity" and y.shape != x.shape:
            thinned = x[..., ::stride] if x.dim() == 3 else x[..., ::stride, ::stride]
            x = torch.zeros_like(y)
            x[:, : thinned.shape[1]] = thinned
        y = y if shortcut == "none" else y + x
        x = y if preactivation else y.relu()
    x = normalized(x, state, "last.0").relu() if preactivation else x
    return x.flatten(2).mean(2) @ state["output.weight"].T + state["output.bias"]


@pytest.mark.parametrize("spec", [IMAGES, SERIES], ids=["images", "series"])
@pytest.mark.parametrize("preactivation", [False, True])
@pytest.mark.parametrize("shortcut", ["identity", "projection", "none"])
@pytest.mark.parametrize("block", ["basic", "bottleneck"])
def test_forward(block: str, shortcut: str, preactivation: bool, spec: DataSpec) -> None:
    network = trained(resnet(spec, block=block, shortcut=shortcut, preactivation=preactivation))
    x = torch.randn(3, *spec.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    maps = x if x.dim() == 4 else x.transpose(1, 2)
    torch.testing.assert_close(network(x), expected(network, maps, block, shortcut, preactivation))


@pytest.mark.parametrize("activation", [nn.ReLU, lambda: Maxout(pieces=2)], ids=["relu", "maxout"])
@pytest.mark.parametrize("preactivation", [False, True])
@pytest.mark.parametrize("block", ["basic", "bottleneck"])
def test_shortcut_passes_the_input_exactly(
    block: str, preactivation: bool, activation: Callable[[], nn.Module]
) -> None:
    """With a residual branch of zero, blocks of one shape are the identity, bit for bit; others subsample and pad."""
    network = resnet(activation=activation, block=block, blocks=[3, 1], preactivation=preactivation).eval()
    for name, value in network.named_parameters():
        if name.startswith("hidden") and ".branch." in name:
            value.data.zero_()
    growth = (4 if block == "bottleneck" else 1) * (2 if preactivation and activation is not nn.ReLU else 1)
    x = torch.randn(2, 4 * growth, 9, 8)
    x = x if preactivation else x.relu()
    y = x
    for layer in network.hidden[1:3]:
        y = layer(y)
    assert torch.equal(y, x)
    halved = network.hidden[3](x)
    assert torch.equal(halved[:, : 4 * growth], x[:, :, ::2, ::2])
    assert halved.shape == (2, 8 * growth, 5, 4)
    assert not halved[:, 4 * growth :].any()


def test_projections_only_where_shapes_change() -> None:
    network = resnet(blocks=[2, 2, 2], shortcut="projection")
    convolutions = [i for i, layer in enumerate(network.hidden) if isinstance(layer.shortcut, nn.Sequential)]
    assert convolutions == [2, 4]
    assert all(isinstance(network.hidden[i].shortcut, nn.Identity) for i in (0, 1, 3, 5))
    padded = resnet(blocks=[2, 2, 2])
    assert [i for i, layer in enumerate(padded.hidden) if isinstance(layer.shortcut, Padded)] == [2, 4]
    plain = resnet(blocks=[2, 2, 2], shortcut="none")
    assert parameters(plain) == parameters(padded) < parameters(network)


def test_a_bias_where_no_normalization_has_one() -> None:
    """The shift of a normalization makes the bias of a convolution redundant (Ioffe & Szegedy 2015, section 3.2)."""
    rms = RMS(eps=1e-5, affine=True)
    for normalization, wanted in ((BATCH, False), (NoNormalization(), True), (rms, True)):
        for preactivation in (False, True):
            network = resnet(normalization=normalization, preactivation=preactivation, shortcut="projection")
            convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
            assert {m.bias is not None for m in convolutions} == {wanted}


@pytest.mark.parametrize("preactivation", [False, True])
@pytest.mark.parametrize("shortcut", ["identity", "projection", "none"])
@pytest.mark.parametrize("block", ["basic", "bottleneck"])
def test_maxout(block: str, shortcut: str, preactivation: bool) -> None:
    """An activation that combines units leaves the channels behind it as they are, and gradients reach all weights."""
    network = resnet(
        activation=lambda: Maxout(pieces=2), block=block, shortcut=shortcut, preactivation=preactivation, width=3
    )
    network(torch.randn(4, 3, 9, 8)).square().sum().backward()
    assert network.output.weight.shape == (4, 24 if block == "bottleneck" else 6)
    assert all(p.grad is not None for p in network.parameters())


def test_small_maps_are_not_halved_below_two_places() -> None:
    network = resnet(DataSpec("image", (1, 8, 8), "class", 10), blocks=[1] * 5)
    x = network.stem(torch.zeros(2, 1, 8, 8))
    sides = [(x := layer(x)).shape[-1] for layer in network.hidden]
    assert sides == [8, 4, 2, 2, 2]
    assert x.shape[1] == 4 * 2**4


def test_dropout_stands_between_the_convolutions_of_a_block() -> None:
    network = resnet(dropout=0.4)
    places = [name for name, m in network.named_modules() if isinstance(m, nn.Dropout)]
    assert places == [f"hidden.{i}.branch.0.3" for i in range(3)]
    assert all(network.get_submodule(name).p == 0.4 for name in places)


@pytest.mark.parametrize("head", ["flatten", "global_avg", "global_max"])
def test_heads(head: str) -> None:
    network = resnet(head=head)
    x = torch.randn(2, 3, 9, 8)
    assert network(x).shape == (2, 4)
    assert network.features(x).shape == (2, 8 * 5 * 4 if head == "flatten" else 8)
