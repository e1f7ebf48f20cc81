"""No data."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Table
from dlx.spec import Positive


class NoData(Dataset):
    """No data: the loss is a function of the weights alone (`objective=surface`).

    Examples are empty and taken one at a time: an epoch has as many steps as the training split has examples.

    Args:
        dimension: number of coordinates of a point on the surface.
        steps: number of optimizer steps in an epoch; metrics are computed after each epoch.

    Example:
        dlx train model=point dataset.dimension=10 dataset.steps=100 optimizer=momentum
    """

    seeded = False

    def __init__(self, *, dimension: Annotated[int, Positive], steps: Annotated[int, Positive]) -> None:
        self.dimension, self.steps = dimension, steps

    def load(self, seed: int) -> Table:
        """Return empty examples (steps + 2, 0) with targets (steps + 2, dimension) that are not used."""
        examples = self.steps + 2
        inputs, targets = np.zeros((examples, 0), np.float32), np.zeros((examples, self.dimension), np.float32)
        return Table(inputs, targets, input="none", parts=(self.steps, 1, 1))
