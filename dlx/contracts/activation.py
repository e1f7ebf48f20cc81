"""The contract of the group activation."""

from __future__ import annotations

from torch import nn

from dlx.contracts.contract import Contract


class Activation(Contract):
    """A nonlinearity, a `torch.nn.Module` that maps (batch, features · pieces, *space) to (batch, features, *space).

    Attributes:
        pieces: linear units that are joined into one; a layer makes as many times its width (maxout).
    """

    pieces: int = 1


def pieces_of(activation: nn.Module) -> int:
    """Return how many units an activation joins into one: 1 for all activations of torch."""
    return activation.pieces if isinstance(activation, Activation) else 1
