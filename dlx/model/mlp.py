"""Multilayer perceptron."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Annotated

from torch import Tensor, nn

from dlx.nn.hidden_layer import hidden_layer
from dlx.nn.network import Network, output_layer
from dlx.spec import DataSpec, Positive


class MLP(Network):
    """Fully connected layers with a nonlinearity between them (Rumelhart, Hinton & Williams 1986).

    A hidden layer is linear, normalization, activation, dropout, in this order.

    Args:
        depth: number of weight layers, including the output layer; 1 is a linear model.
        width: number of units in each hidden layer.
        skip: add skip connections around hidden layers whose input and output have the same width (He et al. 2016).

    Example:
        dlx train -m model=mlp model.depth=2,10,30 activation=relu,tanh
    """

    accepts = ("vector",)

    def __init__(
        self,
        spec: DataSpec,
        activation: Callable[[], nn.Module],
        normalization: Callable[[int, int], nn.Module],
        dropout: float,
        *,
        depth: Annotated[int, Positive],
        width: Annotated[int, Positive],
        skip: bool,
    ) -> None:
        super().__init__()
        self.skip = skip
        sizes = [spec.shape[0]] + [width] * (depth - 1)

        def weights(fan_in: int) -> Callable[[int], nn.Module]:
            return lambda units: nn.Linear(fan_in, units)

        self.hidden = nn.ModuleList(
            hidden_layer(weights(fan_in), fan_out, 1, activation, normalization, dropout)
            for fan_in, fan_out in pairwise(sizes)
        )
        self.output = output_layer(sizes[-1], spec)

    def features(self, x: Tensor) -> Tensor:
        """Map (batch, features) to the last hidden units (batch, width)."""
        for layer in self.hidden:
            y = layer(x)
            x = x + y if self.skip and x.shape == y.shape else y
        return x
