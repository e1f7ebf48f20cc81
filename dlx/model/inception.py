"""Inception network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import torch
from torch import Tensor, nn

from dlx.nn.convolution import SMALLEST
from dlx.nn.head import HeadKind, head_and_output
from dlx.nn.hidden_layer import hidden_layer
from dlx.nn.network import Network
from dlx.spec import DataSpec, Positive

BRANCHES, REDUCED = 4, 2  # branches of a module, and those that have a reduction


class Inception(Network):
    """Modules of four branches side by side, whose maps are joined as channels (Szegedy et al. 2015, figure 2b).

    The branches of a module are a convolution with kernel size 1; one with kernel size 3 and one with kernel size 5,
    each behind a convolution with kernel size 1 that reduces the channels; and maximum pooling over 3 x 3 with a
    convolution with kernel size 1 behind it. A stem with kernel size 3 comes first. Between two stages the map is
    halved by maximum pooling as long as two positions are left, and each stage after the first has twice the channels.

    Args:
        blocks: number of modules of each stage.
        stem: number of channels of the stem.
        widths: number of channels of the branches with kernel size 1, 3 and 5 and with pooling.
        reductions: number of channels in front of kernel size 3 and 5.
        head: how the last maps become a vector, see `model=cnn`.

    Example:
        dlx train -m model=inception dataset=shapes norm=batch model.blocks=[1],[1,1],[2,2]
    """

    accepts = ("image",)
    gives = ("vector", "map")

    def __init__(
        self,
        spec: DataSpec,
        activation: Callable[[], nn.Module],
        normalization: Callable[[int, int], nn.Module],
        dropout: float,
        *,
        blocks: Annotated[list[int], Positive],
        stem: Annotated[int, Positive],
        widths: Annotated[list[int], Positive],
        reductions: Annotated[list[int], Positive],
        head: HeadKind,
    ) -> None:
        super().__init__()
        if len(widths) != BRANCHES:
            raise ValueError(f"widths: expected 4 numbers, for kernel sizes 1, 3 and 5 and for pooling, got {widths}")
        if len(reductions) != REDUCED:
            raise ValueError(f"reductions: expected 2 numbers, in front of kernel sizes 3 and 5, got {reductions}")
        channels, *space = spec.shape

        def layer(channels: int, units: int, kernel: int) -> nn.Module:
            def weights(count: int) -> nn.Module:
                return nn.Conv2d(channels, count, kernel, padding=kernel // 2)

            return hidden_layer(weights, units, 3, activation, normalization, dropout)

        self.stem, channels = layer(channels, stem, 3), stem
        self.hidden = nn.ModuleList()
        for stage, count in enumerate(blocks):
            if stage and min(space) // 2 >= SMALLEST:
                self.hidden.append(nn.MaxPool2d(2))
                space, self.reduction = [n // 2 for n in space], self.reduction * 2
            for _ in range(count):
                units, reduced = ([n * 2**stage for n in each] for each in (widths, reductions))
                self.hidden.append(Module(layer, channels, units, reduced))
                channels = sum(units)
        self.head, self.output = head_and_output(head, channels, tuple(space), spec)

    def features(self, x: Tensor) -> Tensor:
        """Map images (batch, channels, height, width) to maps, pooled if there is a head."""
        x = self.stem(x)
        for block in self.hidden:
            x = block(x)
        return self.head(x)


class Module(nn.Module):
    """Four branches over the same maps (batch, channels, height, width), joined as channels.

    Args:
        layer: function (channels, units, kernel size) that returns a convolution with its activation.
        channels: number of input channels.
        widths: number of channels of each branch.
        reductions: number of channels in front of kernel size 3 and 5.
    """

    def __init__(
        self, layer: Callable[[int, int, int], nn.Module], channels: int, widths: list[int], reductions: list[int]
    ) -> None:
        super().__init__()
        one, three, five, pooled = widths
        self.branches = nn.ModuleList(
            [
                layer(channels, one, 1),
                nn.Sequential(layer(channels, reductions[0], 1), layer(reductions[0], three, 3)),
                nn.Sequential(layer(channels, reductions[1], 1), layer(reductions[1], five, 5)),
                nn.Sequential(nn.MaxPool2d(3, 1, 1), layer(channels, pooled, 1)),
            ]
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, channels, height, width) to (batch, sum of the widths, height, width)."""
        return torch.cat([branch(x) for branch in self.branches], 1)
