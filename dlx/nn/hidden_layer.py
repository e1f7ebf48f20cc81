"""One hidden layer of any network: weights, normalization, activation, dropout, in this order."""

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
    """Return the layer (batch, ...) -> (batch, width, *space).

    Args:
        weights: makes the layer with so many units; an activation that joins `pieces` units (maxout) needs as many
            times `width`.
        width: units, or channels, of the result.
        dimensions: axes behind the batch: 1 for vectors, 2 for maps over time, 3 for images.
        activation: makes the nonlinearity.
        normalization: makes the normalization for (units, dimensions).
        dropout: share of units dropped in training.
    """
    nonlinearity = activation()
    units = width * pieces_of(nonlinearity)
    layers = [weights(units), normalization(units, dimensions), nonlinearity]
    return nn.Sequential(*layers, *([nn.Dropout(dropout)] if dropout else []))
