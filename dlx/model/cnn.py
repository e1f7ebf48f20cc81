"""The convolutional network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from torch import Tensor, nn

from dlx.nn.convolution import (
    Geometry,
    Head,
    HeadKind,
    Padding,
    PaddingMode,
    Pooling,
    as_maps,
    convolution,
    kernel_sizes,
    stack,
)
from dlx.nn.network import Network, output_layer
from dlx.spec import DataSpec, Positive


class CNN(Network):
    """Convolutions with shared weights, pooling, and a linear layer on top (LeCun et al. 1998).

    A hidden layer is convolution, normalization, activation, dropout, pooling, in this order. 2-D on images, 1-D over
    time on series and sequences. Pooling halves the map behind each convolution as long as two places are left.

    Args:
        depth: number of weight layers, the linear output layer included; 1 has no convolution.
        width: channels of each convolution.
        kernel_size: side of the kernels, or a list with one for each convolution.
        stride: places between two applications of a kernel, in every convolution.
        dilation: places between two weights of a kernel (Yu & Koltun 2016).
        padding: `valid` sees only whole kernels, `same` pads so that the map keeps its size (at stride 1).
        padding_mode: what stands in the padding.
        pooling: how maps are halved: the largest of 2 (x 2) places, their mean, or a stride of 2 in the convolution.
        head: how the last maps become a vector; the global ones forget the place (Lin et al. 2014), so the network is
            invariant to shifts but for edges and strides.
        antialias: blur before places are left out (Zhang 2019).

    Example:
        dlx train -m model=cnn model.head=flatten,global_max
    """

    accepts = ("image", "sequence")
    over_time = "convolutions are 1-D, over time"  # said of a run on sequences

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
        dilation: Annotated[int, Positive],
        padding: Padding,
        padding_mode: PaddingMode,
        pooling: Pooling,
        head: HeadKind,
        antialias: bool,
    ) -> None:
        super().__init__()
        kernels = kernel_sizes(kernel_size, depth)
        geometry = Geometry(kernels, stride, dilation, padding, padding_mode, pooling, antialias)

        def make(channels: int, units: int, kernel: int, step: int, space: tuple[int, ...]) -> nn.Module:
            return convolution(channels, units, kernel, step, geometry, len(space))

        self.hidden, channels, space = stack(spec, geometry, width, make, activation, normalization, dropout)
        self.head = Head(head)
        self.output = output_layer(self.head.features(channels, space), spec)

    def features(self, x: Tensor) -> Tensor:
        """Map (batch, channels, height, width) or (batch, time, features) to pooled maps (batch, features)."""
        x = as_maps(x)
        for layer in self.hidden:
            x = layer(x)
        return self.head(x)
