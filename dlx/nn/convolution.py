"""Convolutional layers for images and sequences: padding, pooling, anti-aliasing and their output sizes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlx.nn.hidden_layer import hidden_layer
from dlx.spec import DataSpec

Padding = Literal["valid", "same"]
PaddingMode = Literal["zeros", "circular", "reflect", "replicate"]
Pooling = Literal["none", "max", "avg", "stride"]
CONVOLUTIONS: dict[int, type[nn.Module]] = {1: nn.Conv1d, 2: nn.Conv2d}
PADS: dict[str, dict[int, type[nn.Module]]] = {
    "zeros": {1: nn.ZeroPad1d, 2: nn.ZeroPad2d},
    "circular": {1: nn.CircularPad1d, 2: nn.CircularPad2d},
    "reflect": {1: nn.ReflectionPad1d, 2: nn.ReflectionPad2d},
    "replicate": {1: nn.ReplicationPad1d, 2: nn.ReplicationPad2d},
}
SMALLEST = 2  # smallest side length of a feature map after pooling; smaller maps are not pooled


def size_after(size: int, kernel: int, stride: int = 1, dilation: int = 1, padding: int = 0) -> int:
    """Return the output size of a convolution, floor((n + p - d (k - 1) - 1) / s) + 1 (Dumoulin & Visin 2016).

    Args:
        size: input size n.
        kernel: kernel size k.
        stride: stride s.
        dilation: dilation d.
        padding: total padding p of both sides.
    """
    return (size + padding - dilation * (kernel - 1) - 1) // stride + 1


def for_each_layer(key: str, meaning: str, value: int | list[int], depth: int) -> list[int]:
    """Return the value of a key for each hidden layer.

    Args:
        key: name of the key, for the message.
        meaning: what a value is, e.g. "size".
        value: one value for all layers, or a list.
        depth: number of layers, including the linear output layer.

    Raises:
        ValueError: If the list does not have one value for each hidden layer.
    """
    values = [value] * (depth - 1) if isinstance(value, int) else value
    if len(values) != depth - 1:
        raise ValueError(
            f"{key}: expected one {meaning} for each of the {depth - 1} hidden layers (depth {depth} counts the "
            f"linear output layer), got {values}"
        )
    return values


@dataclass(frozen=True)
class Geometry:
    """The hyperparameters of convolutional layers; `dlx.model.cnn.CNN` describes each of them."""

    kernels: list[int]
    stride: int
    dilation: int = 1
    padding: Padding = "valid"
    padding_mode: PaddingMode = "zeros"
    pooling: Pooling = "none"
    antialias: bool = False

    def pads(self, kernel: int) -> tuple[int, int]:
        """Return the padding before and after a map for a kernel size; for even kernels it is larger by 1 after it."""
        total = self.dilation * (kernel - 1) if self.padding == "same" else 0
        return total // 2, total - total // 2

    def after(self, kernel: int, stride: int, space: tuple[int, ...]) -> tuple[int, ...]:
        """Return the side lengths of the output of a convolution for those of its input."""
        padding = sum(self.pads(kernel))
        return tuple(size_after(n, kernel, stride, self.dilation, padding) for n in space)

    def steps(self, kernel: int, space: tuple[int, ...]) -> tuple[bool, int]:
        """Return whether a layer halves its map, and the stride of the layer; maps that are too small are not halved.

        Args:
            kernel: kernel size.
            space: side lengths of the map.
        """
        halves = self.pooling != "none" and min(self.after(kernel, self.stride, space)) // 2 >= SMALLEST
        return halves, self.stride * (2 if halves and self.pooling == "stride" else 1)

    def check(self, kernel: int, space: tuple[int, ...]) -> None:
        """Check that a kernel fits a map.

        Args:
            kernel: kernel size.
            space: side lengths of the map.

        Raises:
            ValueError: If the kernel or its padding is too large.
        """
        seen, place = self.dilation * (kernel - 1) + 1, " x ".join(map(str, space))
        if self.padding == "valid" and seen > min(space):
            raise ValueError(
                f"kernel_size: a kernel over {seen} places does not fit a map of {place}; expected a smaller kernel, "
                "padding=same or less depth"
            )
        limit = {"reflect": min(space) - 1, "circular": min(space)}.get(self.padding_mode)
        if limit is not None and max(self.pads(kernel)) > limit:
            raise ValueError(
                f"padding_mode: {self.padding_mode} can add at most {limit} places to a map of {place}, the kernel "
                f"over {seen} places needs {max(self.pads(kernel))}; expected padding_mode=zeros or a smaller kernel"
            )


def convolution(channels: int, units: int, kernel: int, stride: int, geometry: Geometry, dimensions: int) -> nn.Module:
    """Return a convolution (batch, channels, *space) -> (batch, units, *space / stride) with the padding of `geometry`.

    Args:
        channels: number of input channels.
        units: number of output channels.
        kernel: kernel size.
        stride: stride.
        geometry: padding and dilation.
        dimensions: 1 for sequences, 2 for images.
    """
    before, behind = geometry.pads(kernel)
    make = CONVOLUTIONS[dimensions]
    if before == behind:
        mode = geometry.padding_mode
        return make(channels, units, kernel, stride, before, geometry.dilation, padding_mode=mode)
    pad = PADS[geometry.padding_mode][dimensions]((before, behind) * dimensions)
    return nn.Sequential(pad, make(channels, units, kernel, stride, dilation=geometry.dilation))


class Blur(nn.Module):
    """Low-pass filter [1, 2, 1] / 4 along each axis, followed by subsampling with `stride` (Zhang 2019, Tri-3)."""

    kernel: Tensor

    def __init__(self, channels: int, dimensions: int, stride: int) -> None:
        super().__init__()
        self.stride, self.dimensions = stride, dimensions
        line = torch.tensor([1.0, 2.0, 1.0]) / 4
        kernel = line if dimensions == 1 else line[:, None] * line
        self.register_buffer("kernel", kernel.repeat(channels, 1, *[1] * dimensions), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, channels, *space) to (batch, channels, *ceil(space / stride))."""
        x = F.pad(x, (1, 1) * self.dimensions, mode="replicate")
        convolve = F.conv1d if self.dimensions == 1 else F.conv2d
        return convolve(x, self.kernel.to(x), stride=self.stride, groups=x.shape[1])


def pooling_layer(kind: Pooling, channels: int, dimensions: int, antialias: bool) -> list[nn.Module]:
    """Return the layers that halve a map after the activation; the list is empty if the convolution is strided."""
    if kind == "max":
        pool = nn.MaxPool1d if dimensions == 1 else nn.MaxPool2d
        return [pool(2, stride=1), Blur(channels, dimensions, 2)] if antialias else [pool(2)]
    if kind == "avg":
        mean = nn.AvgPool1d(2) if dimensions == 1 else nn.AvgPool2d(2)
        return [Blur(channels, dimensions, 2)] if antialias else [mean]
    return []


Make = Callable[[int, int, int, int, tuple[int, ...]], nn.Module]  # channels, units, kernel, stride, space


def stack(
    spec: DataSpec,
    geometry: Geometry,
    widths: list[int],
    make: Make,
    activation: Callable[[], nn.Module],
    normalization: Callable[[int, int], nn.Module],
    dropout: float,
) -> tuple[nn.ModuleList, int, tuple[int, ...], int]:
    """Return the hidden layers over maps, the channels and side lengths of the last one's output, and their stride.

    Args:
        spec: specification of the inputs.
        geometry: kernel sizes, stride, dilation, padding, pooling and anti-aliasing.
        widths: number of channels of each layer.
        make: function (channels, units, kernel, stride, space) that returns a layer with weights.
        activation: function that returns a nonlinearity.
        normalization: function (units, dimensions) that returns a normalization layer.
        dropout: dropout probability.

    Raises:
        ValueError: If the stride or a kernel does not fit the maps.
    """
    channels, space = maps(spec)
    dimensions = len(space)
    if geometry.stride > max(space):
        raise ValueError(f"stride: expected at most the {max(space)} places of a side, got {geometry.stride}")
    layers, reduction = nn.ModuleList(), 1
    for kernel, width in zip(geometry.kernels, widths, strict=True):
        geometry.check(kernel, space)
        halves, stride = geometry.steps(kernel, space)
        inner = 1 if geometry.antialias else stride  # anti-aliased: convolve with stride 1, blur, subsample

        def weights(
            units: int, kernel: int = kernel, inner: int = inner, given: tuple = (channels, space)
        ) -> nn.Module:
            return make(given[0], units, kernel, inner, given[1])

        layer = hidden_layer(weights, width, dimensions + 1, activation, normalization, dropout)
        space = geometry.after(kernel, inner, space)
        if stride != inner:
            layer.append(Blur(width, dimensions, stride))
            space = tuple(size_after(n, 1, stride) for n in space)
        if halves and geometry.pooling in ("max", "avg"):
            layer.extend(pooling_layer(geometry.pooling, width, dimensions, geometry.antialias))
            up = 1 if geometry.pooling == "avg" and geometry.antialias else 0
            space = tuple((n + up) // 2 for n in space)
        layers.append(layer)
        channels, reduction = width, reduction * geometry.stride * (2 if halves else 1)
    return layers, channels, space, reduction


def maps(spec: DataSpec) -> tuple[int, tuple[int, ...]]:
    """Return the channels and side lengths of the inputs; for a sequence they are its features and its length."""
    return (spec.shape[0], spec.shape[1:]) if spec.input == "image" else (spec.shape[1], spec.shape[:1])


def as_maps(x: Tensor) -> Tensor:
    """Return inputs as maps (batch, channels, *space); sequences (batch, time, features) are transposed."""
    return x if x.dim() == 4 else x.transpose(1, 2)
