"""Heads of convolutional networks: maps become a vector, or an output at every place."""

from __future__ import annotations

from math import prod
from typing import Literal

from torch import Tensor, nn

from dlx.nn.network import output_layer
from dlx.spec import DataSpec

HeadKind = Literal["flatten", "global_avg", "global_max"]


class Head(nn.Module):
    """Converts feature maps to a vector of all values (flatten), or of one value per channel (global pooling)."""

    def __init__(self, kind: HeadKind) -> None:
        super().__init__()
        self.kind = kind

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, channels, *space) to (batch, features)."""
        x = x.flatten(2)
        return x.flatten(1) if self.kind == "flatten" else x.mean(2) if self.kind == "global_avg" else x.amax(2)

    def features(self, channels: int, space: tuple[int, ...]) -> int:
        """Return the length of the vector for maps with these channels and side lengths."""
        return channels * prod(space) if self.kind == "flatten" else channels


def head_and_output(
    kind: HeadKind, channels: int, space: tuple[int, ...], spec: DataSpec
) -> tuple[nn.Module, nn.Module]:
    """Return the head and the output layer behind maps; for an output at every place there is nothing to pool.

    Args:
        kind: how maps become a vector.
        channels: number of channels of the maps.
        space: side lengths of the maps.
        spec: specification of the network.
    """
    if spec.form == "map":
        return nn.Identity(), output_layer(channels, spec, len(space))
    head = Head(kind)
    return head, output_layer(head.features(channels, space), spec)
