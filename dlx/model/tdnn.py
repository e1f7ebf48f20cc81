"""Time-delay neural network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from torch import Tensor, nn

from dlx.nn.hidden_layer import hidden_layer
from dlx.nn.network import Network
from dlx.spec import DataSpec, Positive


class TDNN(Network):
    """A network whose units see a window of the past, with the same weights at every time step (Waibel et al. 1989).

    The first layer reads `window` steps, the others process its features step by step. With depth 1 it is a linear
    autoregression on the last `window` values. Dependencies longer than the window cannot be learned. The output layer
    is a convolution over time, whose outputs are averaged: mean(output(features(x))).

    Args:
        depth: number of weight layers.
        width: number of units in each hidden layer.
        window: number of steps that the first layer sees.
        readout: `last` predicts from the last window; `mean` from the mean over all windows of the sequence, which is
            invariant to when something happened.

    Example:
        dlx train -m model=tdnn model.window=4,8,16
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
        window: Annotated[int, Positive],
        readout: Literal["last", "mean"],
    ) -> None:
        super().__init__()
        time, features = spec.shape
        if window > time:
            raise ValueError(
                f"window: expected at most the {time} steps of a sequence, got {window}; "
                "dataset.context_length sets the steps of a series"
            )
        self.window, self.readout = window, readout
        sizes = [(features, window), *[(width, 1)] * (depth - 1)]  # channels and kernel of each layer

        def weights(size: tuple[int, int]) -> Callable[[int], nn.Module]:
            return lambda units: nn.Conv1d(size[0], units, size[1])

        self.hidden = nn.ModuleList(
            hidden_layer(weights(size), width, 2, activation, normalization, dropout) for size in sizes[:-1]
        )
        self.output = nn.Conv1d(*sizes[-1][:1], spec.outputs, sizes[-1][1])

    def features(self, x: Tensor) -> Tensor:
        """Map (batch, time, features) to the last hidden units at each step (batch, width, steps)."""
        x = x.transpose(1, 2)
        if self.readout == "last":
            x = x[:, :, -self.window :]
        for layer in self.hidden:
            x = layer(x)
        return x

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, time, features) to (batch, outputs)."""
        return self.output(self.features(x)).mean(2)
