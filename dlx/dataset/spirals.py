"""Interleaved spirals."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Table
from dlx.spec import AtLeastTwo, NonNegative, Positive


class Spirals(Dataset):
    """Interleaved spirals around the origin, one for each class: hard to separate (Lang & Witbrock 1988).

    Along an arm the radius grows from 0.1 to 1 in proportion to the angle.

    Args:
        examples: number of examples, equally many in each arm.
        arms: number of arms, which are the classes.
        turns: number of turns of each arm.
        noise: standard deviation of the Gaussian noise on the points.

    Example:
        dlx train dataset=spirals model.depth=4 dataset.turns=2
    """

    def __init__(
        self,
        *,
        examples: Annotated[int, AtLeastTwo],
        arms: Annotated[int, AtLeastTwo],
        turns: Annotated[float, Positive],
        noise: Annotated[float, NonNegative],
    ) -> None:
        if arms > examples:
            raise ValueError(f"arms: expected at most the {examples} examples, got {arms}")
        self.examples, self.arms, self.turns, self.noise = examples, arms, turns, noise

    def load(self, seed: int) -> Table:
        """Return points (examples, 2) and arms (examples,)."""
        random = np.random.default_rng(seed)
        targets = np.arange(self.examples) % self.arms
        radius = 0.1 + 0.9 * np.sqrt(random.random(self.examples))
        angle = 2 * np.pi * (self.turns * radius + targets / self.arms)
        points = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
        points += self.noise * random.standard_normal(points.shape)
        classes = tuple(f"arm_{number}" for number in range(1, self.arms + 1))
        return Table(points.astype(np.float32), targets, features=("x", "y"), classes=classes)
