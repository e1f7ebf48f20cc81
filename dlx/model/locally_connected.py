"""Locally connected network."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Annotated

import torch
from torch import Tensor, nn

from dlx.nn.convolution import Geometry, Pooling, as_maps, for_each_layer, size_after, stack
from dlx.nn.head import Head, HeadKind
from dlx.nn.network import Network, output_layer
from dlx.spec import DataSpec, Positive


class LocallyConnected(Network):
    """A convolutional network without weight sharing: each position has its own kernels (LeCun 1989).

    Its connections are those of `model=cnn` with `padding=valid`; each layer has as many times the weights as its map
    has positions.

    Args:
        depth: number of weight layers, including the linear output layer.
        width: number of channels of each layer.
        kernel_size: side of the kernels, or a list with one value for each hidden layer.
        stride: distance between two kernels.
        pooling: how maps are halved: maximum or mean of 2 (x 2) positions, or a stride of 2 of the kernels.
        head: how the last maps become a vector.

    Example:
        dlx train -m model=cnn,locally_connected,mlp dataset.limit=100,1000
    """

    accepts = ("image", "sequence")
    over_time = "kernels are 1-D, over time"  # said of a run on sequences

    def __init__(
        self,
        spec: DataSpec,
        activation: Callable[[], nn.Module],
        normalization: Callable[[int, int], nn.Module],
        dropout: float,
        *,
        depth: Annotated[int, Positive],
        width: Annotated[int, Positive],
        kernel_size: Annotated[int, Positive] | Annotated[list[int], Positive],
        stride: Annotated[int, Positive],
        pooling: Pooling,
        head: HeadKind,
    ) -> None:
        super().__init__()
        kernels = for_each_layer("kernel_size", "size", kernel_size, depth)
        geometry = Geometry(kernels, stride, pooling=pooling)
        self.hidden, channels, space, _ = stack(
            spec, geometry, [width] * (depth - 1), Local, activation, normalization, dropout
        )
        self.head = Head(head)
        self.output = output_layer(self.head.features(channels, space), spec)

    def features(self, x: Tensor) -> Tensor:
        """Map (batch, channels, height, width) or (batch, time, features) to pooled maps (batch, features)."""
        x = as_maps(x)
        for layer in self.hidden:
            x = layer(x)
        return self.head(x)


class Local(nn.Module):
    """Kernels without sharing: (batch, channels, *space) -> (batch, units, *places).

    `weight` is (units · places, channels · kernel): each row is one unit at one position.
    """

    def __init__(self, channels: int, units: int, kernel: int, stride: int, space: tuple[int, ...]) -> None:
        super().__init__()
        self.kernel, self.stride, self.units = kernel, stride, units
        self.places = tuple(size_after(n, kernel, stride) for n in space)
        field = kernel ** len(space)
        self.fans = channels * field, units * field
        self.weight = nn.Parameter(torch.empty(units * prod(self.places), channels * field))
        self.bias = nn.Parameter(torch.empty(units, *self.places))
        bound = self.fans[0] ** -0.5  # torch's own draw for convolutions
        nn.init.uniform_(self.weight, -bound, bound)
        nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        """Apply the kernels of each position to its patch."""
        axes = range(2, x.dim())
        patches = x
        for axis in axes:
            patches = patches.unfold(axis, self.kernel, self.stride)  # (batch, channels, *places, *kernel)
        patches = patches.movedim(1, len(axes) + 1).flatten(len(axes) + 1).flatten(1, len(axes))
        weight = self.weight.view(self.units, -1, patches.shape[-1])
        y = torch.einsum("bpi,upi->bup", patches, weight)
        return y.unflatten(2, self.places) + self.bias
