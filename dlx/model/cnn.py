"""Convolutional network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from torch import Tensor, nn

from dlx.nn.convolution import (
    Geometry,
    Padding,
    PaddingMode,
    Pooling,
    as_maps,
    convolution,
    for_each_layer,
    stack,
)
from dlx.nn.head import HeadKind, head_and_output
from dlx.nn.network import Network
from dlx.spec import DataSpec, Positive


class CNN(Network):
    """Convolutions with shared weights, pooling, and a linear layer on top (LeCun et al. 1998).

    A hidden layer is convolution, normalization, activation, dropout, pooling, in this order. 2-D on images, 1-D over
    time on series and sequences. Pooling halves the map after each convolution as long as two positions are left.

    Args:
        depth: number of weight layers, including the linear output layer; 1 has no convolution.
        width: number of channels of each convolution, or a list with one value for each.
        kernel_size: side of the kernels, or a list with one value for each convolution.
        stride: stride of every convolution.
        dilation: spacing between the weights of a kernel (Yu & Koltun 2016).
        padding: `valid` uses no padding; `same` pads so that the map keeps its size (at stride 1).
        padding_mode: values in the padding.
        pooling: how maps are halved: maximum or mean of 2 (x 2) positions, or a stride of 2 in the convolution.
        head: how the last maps become a vector. Global pooling discards positions (Lin et al. 2014), so the network is
            invariant to shifts except for edges and strides. Not used where an output is needed for every place of a
            map (Long et al. 2015): the output layer is then a convolution with kernel size 1.
        antialias: blur before downsampling (Zhang 2019).

    Example:
        dlx train -m model=cnn model.head=flatten,global_max
    """

    accepts = ("image", "sequence")
    gives = ("vector", "map")
    over_time = "convolutions are 1-D, over time"  # said of a run on sequences

    def __init__(
        self,
        spec: DataSpec,
        activation: Callable[[], nn.Module],
        normalization: Callable[[int, int], nn.Module],
        dropout: float,
        *,
        depth: Annotated[int, Positive],
        width: Annotated[int, Positive] | Annotated[list[int], Positive],
        kernel_size: Annotated[int, Positive] | Annotated[list[int], Positive],
        stride: Annotated[int, Positive],
        dilation: Annotated[int, Positive],
        padding: Padding,
        padding_mode: PaddingMode,
        pooling: Pooling,
        head: HeadKind,
        antialias: bool,
    ) -> None:
        super().__init__()
        kernels = for_each_layer("kernel_size", "size", kernel_size, depth)
        geometry = Geometry(kernels, stride, dilation, padding, padding_mode, pooling, antialias)

        def make(channels: int, units: int, kernel: int, step: int, space: tuple[int, ...]) -> nn.Module:
            return convolution(channels, units, kernel, step, geometry, len(space))

        widths = for_each_layer("width", "number of channels", width, depth)
        stacked = stack(spec, geometry, widths, make, activation, normalization, dropout)
        self.hidden, channels, space, self.reduction = stacked
        self.head, self.output = head_and_output(head, channels, space, spec)

    def features(self, x: Tensor) -> Tensor:
        """Map (batch, channels, height, width) or (batch, time, features) to maps, pooled if there is a head."""
        x = as_maps(x)
        for layer in self.hidden:
            x = layer(x)
        return self.head(x)
