"""No data."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from dlx.raw import Table
from dlx.spec import Positive


class NoData:
    """Nothing to learn from: what is minimised is a function of the weights alone (`objective=surface`).

    Each split is one empty example, so an epoch is one step.

    Args:
        dimension: coordinates of a point on the surface.

    Example:
        dlx train model=point dataset.dimension=10 optimizer=momentum
    """

    def __init__(self, *, dimension: Annotated[int, Positive]) -> None:
        self.dimension = dimension

    def load(self, seed: int) -> Table:
        """Return three empty examples (3, 0) with targets (3, dimension) that stand for nothing."""
        inputs, targets = np.zeros((3, 0), np.float32), np.zeros((3, self.dimension), np.float32)
        return Table(inputs, targets, input="none", parts=(1, 1, 1))
