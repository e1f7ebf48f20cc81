"""The contract of the group activation."""

from __future__ import annotations

from torch import nn

from dlx.contracts.contract import Contract


class Activation(Contract):
    """A nonlinearity: a `torch.nn.Module` that maps (batch, features · pieces, *space) to (batch, features, *space).

    Attributes:
        pieces: number of linear units that are combined into one output unit (maxout); the layer before it has `pieces`
            times as many units.
    """

    pieces: int = 1


def pieces_of(activation: nn.Module) -> int:
    """Return the number of units that an activation combines into one; it is 1 for all activations of torch."""
    return activation.pieces if isinstance(activation, Activation) else 1
