"""The hidden layer of all networks: weights, normalization, activation and dropout, in this order."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from dlx.contracts.activation import pieces_of


def hidden_layer(
    weights: Callable[[int], nn.Module],
    width: int,
    dimensions: int,
    activation: Callable[[], nn.Module],
    normalization: Callable[[int, int], nn.Module],
    dropout: float,
) -> nn.Sequential:
    """Return a hidden layer (batch, ...) -> (batch, width, *space).

    Args:
        weights: function that returns the linear layer with a given number of units; it is `pieces` times `width` for
            an activation that combines `pieces` units (maxout).
        width: number of units or channels of the output.
        dimensions: number of axes after the batch axis: 1 for vectors, 2 for maps over time, 3 for images.
        activation: function that returns the nonlinearity.
        normalization: function (units, dimensions) that returns the normalization layer.
        dropout: dropout probability.
    """
    nonlinearity = activation()
    units = width * pieces_of(nonlinearity)
    layers = [weights(units), normalization(units, dimensions), nonlinearity]
    return nn.Sequential(*layers, *([nn.Dropout(dropout)] if dropout else []))
