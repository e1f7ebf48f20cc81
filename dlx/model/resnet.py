"""Residual network."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Annotated, Literal

import torch.nn.functional as F
from torch import Tensor, nn

from dlx.contracts.activation import pieces_of
from dlx.nn.convolution import CONVOLUTIONS, SMALLEST, as_maps, maps, size_after
from dlx.nn.head import HeadKind, head_and_output
from dlx.nn.hidden_layer import hidden_layer
from dlx.nn.network import Network
from dlx.spec import DataSpec, Positive

POOLS: dict[int, type[nn.Module]] = {1: nn.MaxPool1d, 2: nn.MaxPool2d}


class ResNet(Network):
    """Convolutions in blocks, each of which adds its result to its input (He et al. 2016).

    A block computes `y = activation(F(x) + shortcut(x))`, or `y = F(x) + shortcut(x)` with pre-activation, where F is
    two convolutions with kernel size 3 (`basic`), or three with kernel sizes 1, 3 and 1 (`bottleneck`). Each stage
    after the first doubles the channels and halves the map with a stride of 2 as long as two positions are left. The
    network has 2 (basic) or 3 (bottleneck) weight layers per block, one in the stem and the linear output layer. 2-D on
    images, 1-D over time on series and sequences.

    Convolutions have no bias if the normalization behind them adds one. Dropout acts between the convolutions of a
    block (Zagoruyko & Komodakis 2016).

    Args:
        block: `basic` or `bottleneck`; the stride of a bottleneck is that of its middle convolution.
        blocks: number of blocks of each stage; [3,3,3] basic blocks are the ResNet-20 for CIFAR, [9,9,9] the ResNet-56.
        width: number of channels of the first stage, which is the number inside a bottleneck.
        expansion: factor from the channels inside a bottleneck to those of its output.
        shortcut: `identity` subsamples the input and pads it with zero channels where the shape changes (option A of
            the paper), `projection` uses a convolution with kernel size 1 there (option B); both are the identity
            everywhere else. `none` leaves the shortcuts out, which makes the network a plain one.
        preactivation: normalize and activate in front of each convolution instead of behind it, so that the sum of a
            block stays as it is (He et al. 2016b); a projection then sees the activated input and has no normalization.
        stem: first layer: `small` is a convolution with kernel size 3; `large` one with kernel size 7 and stride 2,
            followed by maximum pooling over 3 with stride 2, for images of about 224 pixels.
        head: how the last maps become a vector, see `model=cnn`.

    Example:
        dlx train -m model=resnet norm=batch model.blocks=[1,1,1],[3,3,3] model.shortcut=identity,none
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
        block: Literal["basic", "bottleneck"],
        blocks: Annotated[list[int], Positive],
        width: Annotated[int, Positive],
        expansion: Annotated[int, Positive],
        shortcut: Literal["identity", "projection", "none"],
        preactivation: bool,
        stem: Literal["small", "large"],
        head: HeadKind,
    ) -> None:
        super().__init__()
        channels, space = maps(spec)
        rank, growth = len(space), expansion if block == "bottleneck" else 1
        layers = LayerFactory(activation, normalization, dropout, rank)
        self.stem, space = stem_layer(layers, stem, channels, width, space, preactivation)
        outputs = [width, *(width * 2**stage * growth for stage, count in enumerate(blocks) for _ in range(count))]
        firsts = {sum(blocks[:stage]) for stage in range(1, len(blocks))}
        self.hidden, self.reduction = nn.ModuleList(), 4 if stem == "large" else 1
        for number, (fan_in, fan_out) in enumerate(pairwise(outputs)):
            stride = 2 if number in firsts and (min(space) + 1) // 2 >= SMALLEST else 1
            inner, self.reduction = fan_out // growth, self.reduction * stride
            sizes = [(inner, 1, 1), (inner, 3, stride)] if block == "bottleneck" else [(inner, 3, stride)]
            last = (fan_out, 1 if block == "bottleneck" else 3, 1)
            self.hidden.append(Block(layers, fan_in, [*sizes, last], shortcut, preactivation))
            space = tuple(size_after(n, 3, stride, padding=2) for n in space)
        self.last = layers.activated(outputs[-1]) if preactivation else nn.Identity()
        self.head, self.output = head_and_output(head, outputs[-1], space, spec)

    def features(self, x: Tensor) -> Tensor:
        """Map (batch, channels, height, width) or (batch, time, features) to maps, pooled if there is a head."""
        x = self.stem(as_maps(x))
        for block in self.hidden:
            x = block(x)
        return self.head(self.last(x))


class LayerFactory:
    """Makes the layers of residual blocks.

    Args:
        activation: function that returns a nonlinearity.
        normalization: function (units, dimensions) that returns a normalization layer.
        dropout: dropout probability.
        rank: 1 for sequences, 2 for images.

    Attributes:
        pieces: units that the nonlinearity combines into one: the sum of a block has `pieces` times as many channels.
    """

    def __init__(
        self,
        activation: Callable[[], nn.Module],
        normalization: Callable[[int, int], nn.Module],
        dropout: float,
        rank: int,
    ) -> None:
        self.activation, self.dropout, self.rank = activation, dropout, rank
        self.normalize = lambda units: normalization(units, rank + 1)
        self.pieces = pieces_of(activation())

    def convolution(self, channels: int, units: int, kernel: int, stride: int = 1, bias: bool = True) -> nn.Module:
        """Return a convolution (batch, channels, *space) -> (batch, units, *ceil(space / stride))."""
        return CONVOLUTIONS[self.rank](channels, units, kernel, stride, kernel // 2, bias=bias)

    def hidden(self, channels: int, units: int, kernel: int, stride: int, dropout: float) -> nn.Sequential:
        """Return convolution, normalization, activation and dropout, which map `channels` to `units`."""
        bias = not shifts(self.normalize(units * self.pieces))

        def weights(units: int) -> nn.Module:
            return self.convolution(channels, units, kernel, stride, bias)

        return hidden_layer(
            weights, units, self.rank + 1, self.activation, lambda units, _: self.normalize(units), dropout
        )

    def summand(self, channels: int, units: int, kernel: int, stride: int, normalized: bool) -> nn.Sequential:
        """Return a convolution, with normalization or without, whose result is a term of a block's sum."""
        units *= self.pieces
        normalization = [self.normalize(units)] if normalized else []
        # Without a normalization of its own, a term is normalized behind the sum, by that of the next block.
        bias = not shifts(self.normalize(units))
        return nn.Sequential(self.convolution(channels, units, kernel, stride, bias), *normalization)

    def activated(self, units: int) -> nn.Sequential:
        """Return normalization and activation of a sum with `units` channels, counted behind the activation."""
        return nn.Sequential(self.normalize(units * self.pieces), self.activation())


def shifts(normalization: nn.Module) -> bool:
    """Return whether a normalization layer adds a bias of its own."""
    return any(name.split(".")[-1] == "bias" for name, _ in normalization.named_parameters())


def stem_layer(
    layers: LayerFactory, kind: str, channels: int, width: int, space: tuple[int, ...], preactivation: bool
) -> tuple[nn.Sequential, tuple[int, ...]]:
    """Return the first layer, and the side lengths of its maps.

    With pre-activation a small stem is a convolution alone: the first block normalizes and activates its result.
    """
    kernel, stride = (7, 2) if kind == "large" else (3, 1)
    if preactivation:
        layer = layers.summand(channels, width, kernel, stride, normalized=False)
    else:
        layer = layers.hidden(channels, width, kernel, stride, 0.0)
    space = tuple(size_after(n, kernel, stride, padding=2 * (kernel // 2)) for n in space)
    if kind == "large":
        layer.append(POOLS[layers.rank](3, 2, 1))
        space = tuple(size_after(n, 3, 2, padding=2) for n in space)
    return layer, space


class Block(nn.Module):
    """The sum of some convolutions and a shortcut around them (He et al. 2016, equations 1 and 2).

    Args:
        layers: the layers that it consists of.
        channels: number of input channels, counted behind the activation.
        sizes: units, kernel size and stride of each convolution.
        shortcut: see `ResNet`.
        preactivation: see `ResNet`.
    """

    def __init__(
        self, layers: LayerFactory, channels: int, sizes: list[tuple[int, int, int]], shortcut: str, preactivation: bool
    ) -> None:
        super().__init__()
        units, stride = sizes[-1][0], max(step for _, _, step in sizes)
        self.before = layers.activated(channels) if preactivation else nn.Identity()
        inputs = [channels, *(size[0] for size in sizes)]
        inner = [layers.hidden(inputs[i], *size, layers.dropout) for i, size in enumerate(sizes[:-1])]
        self.branch = nn.Sequential(*inner, layers.summand(inputs[-2], *sizes[-1], normalized=not preactivation))
        self.shortcut: nn.Module | None = None if shortcut == "none" else nn.Identity()
        changes = stride > 1 or channels != units
        self.activated_shortcut = changes and shortcut == "projection" and preactivation
        if shortcut == "projection" and changes:
            self.shortcut = layers.summand(channels, units, 1, stride, normalized=not preactivation)
        elif shortcut != "none" and preactivation and changes:
            self.shortcut = Padded(units * layers.pieces, stride)
        elif shortcut != "none" and not preactivation and (changes or layers.pieces > 1):
            self.shortcut = Padded(units, stride, layers.pieces)
        self.after = nn.Identity() if preactivation else layers.activation()

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, channels, *space) to (batch, units, *ceil(space / stride))."""
        activated = self.before(x)
        y = self.branch(activated)
        if self.shortcut is not None:
            y = y + self.shortcut(activated if self.activated_shortcut else x)
        return self.after(y)


class Padded(nn.Module):
    """Subsamples a map and appends channels of zeros: the shortcut without parameters (He et al. 2016, option A).

    Args:
        units: number of channels with the zeros.
        stride: stride of the subsampling.
        pieces: number of copies of each channel, one for each unit that an activation combines (maxout).
    """

    def __init__(self, units: int, stride: int, pieces: int = 1) -> None:
        super().__init__()
        self.units, self.stride, self.pieces = units, stride, pieces

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, channels, *space) to (batch, units * pieces, *ceil(space / stride))."""
        for axis in range(2, x.dim()):
            x = x[(slice(None),) * axis + (slice(None, None, self.stride),)]
        x = F.pad(x, [0, 0] * (x.dim() - 2) + [0, self.units - x.shape[1]])
        return x.repeat_interleave(self.pieces, 1) if self.pieces > 1 else x
