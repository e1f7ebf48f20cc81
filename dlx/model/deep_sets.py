"""Deep Sets: a network on sets."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Annotated

from torch import Tensor, nn

from dlx.nn.hidden_layer import hidden_layer
from dlx.nn.network import Network, output_layer
from dlx.spec import DataSpec, Positive


class DeepSets(Network):
    """A function of the mean over a set, f(mean of g(x_t)): invariant to the order of the elements (Zaheer et al.
    2017).

    The first half of the weight layers, rounded down, is applied to each element, the rest to the mean.

    Args:
        depth: number of weight layers, including the output layer; 1 is linear in the mean of the elements.
        width: number of units in each hidden layer.

    Example:
        dlx train -m model=deep_sets,rnn,cnn dataset=digits
    """

    accepts = ("sequence",)

    def __init__(
        self,
        spec: DataSpec,
        activation: Callable[[], nn.Module],
        normalization: Callable[[int, int], nn.Module],
        dropout: float,
        *,
        depth: Annotated[int, Positive],
        width: Annotated[int, Positive],
    ) -> None:
        super().__init__()
        sizes = [spec.shape[-1]] + [width] * (depth - 1)

        def layers(sizes: list[int], dimensions: int) -> nn.Sequential:
            def weights(fan_in: int) -> Callable[[int], nn.Module]:
                # On (batch, features, elements) a kernel of one step is a linear layer for each element.
                layer = nn.Linear if dimensions == 1 else lambda a, b: nn.Conv1d(a, b, 1)
                return lambda units: layer(fan_in, units)

            return nn.Sequential(
                *(
                    hidden_layer(weights(fan_in), fan_out, dimensions, activation, normalization, dropout)
                    for fan_in, fan_out in pairwise(sizes)
                )
            )

        half = depth // 2
        self.element = layers(sizes[: half + 1], 2)
        self.hidden = layers(sizes[half:], 1)
        self.output = output_layer(sizes[-1], spec)

    def features(self, x: Tensor) -> Tensor:
        """Map (batch, elements, features) to the last hidden units (batch, width)."""
        return self.hidden(self.element(x.transpose(1, 2)).mean(2))
