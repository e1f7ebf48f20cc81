"""A point on the surface of a test function."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Tensor, nn

from dlx.nn.network import Network
from dlx.spec import DataSpec, NonNegative


class Point(Network):
    """No network: the parameters are the coordinates of a point, for `objective=surface`. There is no output layer.

    Args:
        start: initial point, one number for each coordinate; null: drawn anew for each seed.
        spread: the initial coordinates are drawn uniformly from [-spread, spread].

    Example:
        dlx train model=point optimizer=momentum objective.condition_number=1000 trainer.max_epochs=300
    """

    accepts = ("none",)
    parts = ()

    def __init__(self, spec: DataSpec, *, start: list[float] | None, spread: Annotated[float, NonNegative]) -> None:
        super().__init__()
        if start is not None and len(start) != spec.outputs:
            raise ValueError(
                f"start: expected {spec.outputs} numbers, one for each coordinate (dataset.dimension), got {start}"
            )
        drawn = spread * (2 * torch.rand(spec.outputs) - 1)
        self.place = nn.Parameter(drawn if start is None else torch.tensor(start, dtype=drawn.dtype))

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, 0) to the point (batch, coordinates), the same for each example."""
        return self.place + x.new_zeros(len(x), 1)
