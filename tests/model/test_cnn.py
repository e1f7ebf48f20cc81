"""Convolutional networks against explicit loops and torch's functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.ndimage import correlate
from torch import nn

from dlx.assembly.assemble import assemble
from dlx.errors import ConfigError
from dlx.model.cnn import CNN
from dlx.model.locally_connected import Local, LocallyConnected
from dlx.nn.convolution import Blur, size_after
from dlx.normalization.none import NoNormalization
from dlx.spec import DataSpec

Config = Callable[..., dict[str, Any]]
IMAGES = DataSpec("image", (3, 9, 8), "class", 4)
SERIES = DataSpec("series", (12, 3), "series", 2)
KEYS = {
    "depth": 2,
    "width": 5,
    "kernel_size": 3,
    "stride": 1,
    "dilation": 1,
    "padding": "valid",
    "padding_mode": "zeros",
    "pooling": "none",
    "head": "flatten",
    "antialias": False,
}


def cnn(spec: DataSpec = IMAGES, activation: Callable[[], nn.Module] = nn.Identity, **keys: Any) -> CNN:
    """Return a network with some keys changed, in double precision."""
    torch.manual_seed(0)
    return CNN(spec, activation, NoNormalization(), 0.0, **{**KEYS, **keys}).double()


def batch(spec: DataSpec = IMAGES) -> torch.Tensor:
    torch.manual_seed(1)
    return torch.randn(2, *spec.shape, dtype=torch.float64)


def explicit(x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int, dilation: int) -> np.ndarray:
    """Return the 2-D convolution (batch, channels, height, width) by loops over places."""
    k = w.shape[2]
    height, width = (size_after(n, k, stride, dilation) for n in x.shape[2:])
    y = np.zeros((len(x), len(w), height, width))
    for i in range(height):
        for j in range(width):
            rows, columns = (slice(p * stride, p * stride + dilation * (k - 1) + 1, dilation) for p in (i, j))
            y[:, :, i, j] = np.einsum("bchw,ochw->bo", x[:, :, rows, columns], w) + b
    return y


NUMPY_PADDING = {"zeros": "constant", "circular": "wrap", "reflect": "reflect", "replicate": "edge"}


@pytest.mark.parametrize("kernel", [1, 2, 3])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (1, 2), (2, 2)])
@pytest.mark.parametrize("padding_mode", [None, *NUMPY_PADDING])
def test_convolution_is_the_explicit_sum(kernel: int, stride: int, dilation: int, padding_mode: str | None) -> None:
    keys = {"padding": "same", "padding_mode": padding_mode} if padding_mode else {}
    network, x = cnn(kernel_size=kernel, stride=stride, dilation=dilation, **keys), batch()
    total = dilation * (kernel - 1) if padding_mode else 0
    pads = ((0, 0), (0, 0), *(((total // 2, total - total // 2),) * 2))
    padded = np.pad(x.numpy(), pads, mode=NUMPY_PADDING.get(padding_mode or "zeros", "constant"))
    conv = next(m for m in network.modules() if isinstance(m, nn.Conv2d))
    y = explicit(padded, conv.weight.detach().numpy(), conv.bias.detach().numpy(), stride, dilation)
    expected = network.output(torch.from_numpy(y).flatten(1))
    torch.testing.assert_close(network(x), expected)


def test_one_dimensional_on_series() -> None:
    network, x = cnn(SERIES), batch(SERIES)
    conv = network.hidden[0][0]
    assert isinstance(conv, nn.Conv1d)
    windows = np.lib.stride_tricks.sliding_window_view(x.numpy(), 3, axis=1)  # (batch, time, features, kernel)
    y = np.einsum("btfk,ofk->bot", windows, conv.weight.detach().numpy()) + conv.bias.detach().numpy()[:, None]
    torch.testing.assert_close(network(x), network.output(torch.from_numpy(y).flatten(1)))


def test_pooling_by_hand() -> None:
    x = batch()
    maps = {name: cnn(pooling=name, padding="same").hidden[0](x) for name in ("none", "max", "avg", "stride")}
    patches = maps["none"][:, :, :8, :8].unflatten(2, (4, 2)).unflatten(4, (4, 2))  # the ninth row is left out
    torch.testing.assert_close(maps["max"], patches.amax((3, 5)))
    torch.testing.assert_close(maps["avg"], patches.mean((3, 5)))
    torch.testing.assert_close(maps["stride"], maps["none"][:, :, ::2, ::2])


def test_pooling_stops_where_two_places_are_left() -> None:
    network = cnn(DataSpec("image", (1, 8, 8), "class", 2), depth=6, padding="same", pooling="max")
    assert sum(isinstance(module, nn.MaxPool2d) for module in network.modules()) == 2
    assert network.output.in_features == 5 * 2 * 2


def test_heads_by_hand() -> None:
    x = batch()
    maps = cnn().hidden[0](x)
    for head, vector in (("global_avg", maps.mean((2, 3))), ("global_max", maps.amax((2, 3)))):
        network = cnn(head=head)
        torch.testing.assert_close(network(x), network.output(vector))


def test_global_head_with_circular_padding_is_invariant_to_shifts() -> None:
    keys = {"padding": "same", "padding_mode": "circular", "depth": 4, "activation": nn.ReLU}
    x = batch()
    shifted = x.roll((2, 3), (2, 3))
    for head in ("global_avg", "global_max"):
        torch.testing.assert_close(cnn(head=head, **keys)(shifted), cnn(head=head, **keys)(x))
    flat = cnn(**keys)
    assert (flat(shifted) - flat(x)).abs().max() > 0.01
    maps = flat.hidden[0](x)
    torch.testing.assert_close(flat.hidden[0](shifted), maps.roll((2, 3), (2, 3)))  # equivariance


def test_blur_is_the_binomial_filter() -> None:
    line = np.array([1, 2, 1]) / 4
    x = batch()
    expected = correlate(x.numpy(), (line[:, None] * line)[None, None], mode="nearest")[:, :, ::2, ::2]
    torch.testing.assert_close(Blur(3, 2, 2)(x), torch.from_numpy(expected))
    series = batch(SERIES).transpose(1, 2)
    expected = correlate(series.numpy(), line[None, None], mode="nearest")[:, :, ::3]
    torch.testing.assert_close(Blur(3, 1, 3)(series), torch.from_numpy(expected))


def test_antialias_blurs_before_places_are_left_out() -> None:
    x, keys = batch(), {"padding": "same", "activation": nn.ReLU}
    full = cnn(**keys).hidden[0](x)
    torch.testing.assert_close(cnn(pooling="stride", antialias=True, **keys).hidden[0](x), Blur(5, 2, 2)(full))
    torch.testing.assert_close(cnn(pooling="avg", antialias=True, **keys).hidden[0](x), Blur(5, 2, 2)(full))
    strided = F.max_pool2d(full, 2, stride=1)
    torch.testing.assert_close(cnn(pooling="max", antialias=True, **keys).hidden[0](x), Blur(5, 2, 2)(strided))


@pytest.mark.parametrize("pooling", ["none", "max", "avg", "stride"])
@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("stride", [1, 2])
def test_sizes_are_foreseen(pooling: str, antialias: bool, padding: str, stride: int) -> None:
    keys = {"pooling": pooling, "antialias": antialias, "padding": padding, "stride": stride}
    for spec in (IMAGES, SERIES, DataSpec("image", (1, 15, 22), "class", 2)):
        assert cnn(spec, kernel_size=2, depth=3, **keys)(batch(spec)).shape == (2, spec.outputs)


def test_each_layer_may_have_its_own_width() -> None:
    """A bottleneck (He et al. 2016, figure 5): 1x1, 3x3 and 1x1 convolutions, with few channels in the middle."""
    network = cnn(depth=4, kernel_size=[1, 3, 1], width=[2, 2, 8], padding="same", head="global_avg")
    shapes = [tuple(p.shape) for p in network.parameters() if p.dim() == 4]
    assert shapes == [(2, 3, 1, 1), (2, 2, 3, 3), (8, 2, 1, 1)]
    assert network(batch()).shape == (2, 4)
    equal = cnn(depth=3, width=[5, 5], padding="same")(batch())
    assert torch.equal(equal, cnn(depth=3, width=5, padding="same")(batch()))


MISTAKES = [
    (["model.kernel_size=9", "model.padding=valid"], "does not fit a map of 8 x 8"),
    (["model.kernel_size=[3,3,3]"], "one size for each of the 2 hidden layers"),
    (["model.width=[3,3,3]"], "model.width: expected one number of channels for each of the 2 hidden layers"),
    (["model.kernel_size=[3,0]"], "model.kernel_size: expected int > 0 or list of int > 0"),
    (["model.padding=circular"], "valid|same"),
    (["model.padding_mode=reflect", "model.kernel_size=9", "model.depth=3"], "reflect can add at most"),
    (["dataset=diabetes"], "model=cnn needs images or sequences"),
    (["normalization=group", "normalization.groups=5"], "normalization.groups: expected a divisor of the 32"),
]


@pytest.mark.parametrize(("overrides", "message"), MISTAKES, ids=[" ".join(m[0]) for m in MISTAKES])
def test_mistakes_are_refused_before_training(overrides: list[str], message: str, config: Config) -> None:
    with pytest.raises(ConfigError) as caught:
        assemble(config("model=cnn", *overrides))
    assert message in str(caught.value)


# --- locally connected


def test_locally_connected_is_the_explicit_loop() -> None:
    torch.manual_seed(0)
    layer, x = Local(3, 5, 2, 2, (9, 8)).double(), batch()
    weight = layer.weight.detach().numpy().reshape(5, 4, 4, 3, 2, 2)
    y = np.zeros((2, 5, 4, 4))
    for unit in range(5):
        for i in range(4):
            for j in range(4):
                patch = x.numpy()[:, :, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
                y[:, unit, i, j] = (patch * weight[unit, i, j]).sum((1, 2, 3)) + layer.bias[unit, i, j].item()
    torch.testing.assert_close(layer(x), torch.from_numpy(y))


def test_locally_connected_with_equal_weights_is_a_convolution() -> None:
    torch.manual_seed(0)
    for spec in (IMAGES, SERIES):
        keys = {"depth": 2, "width": 5, "kernel_size": 3, "stride": 1, "pooling": "none", "head": "flatten"}
        local = LocallyConnected(spec, nn.Tanh, NoNormalization(), 0.0, **keys).double()
        shared = cnn(spec, nn.Tanh)
        layer, conv = local.hidden[0][0], shared.hidden[0][0]
        places = layer.weight.shape[0] // 5
        layer.weight.data = conv.weight.data.flatten(1).repeat_interleave(places, 0)
        layer.bias.data = conv.bias.data.view(5, *[1] * len(layer.places)).expand(5, *layer.places).clone()
        local.output.load_state_dict(shared.output.state_dict())
        x = batch(spec)
        torch.testing.assert_close(local(x), shared(x))
        assert sum(p.numel() for p in local.hidden.parameters()) == places * sum(
            p.numel() for p in shared.hidden.parameters()
        )
