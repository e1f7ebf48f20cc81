"""Two half moons."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Table
from dlx.spec import AtLeastTwo, NonNegative


class Moons(Dataset):
    """Two interleaving half circles of radius 1, which are not linearly separable.

    The upper one is centered at (0, 0), the lower one at (1, 0.5), as in scikit-learn's make_moons.

    Args:
        examples: number of examples, half of them in each moon.
        noise: standard deviation of the Gaussian noise on the points.

    Example:
        dlx train -m dataset=moons model=linear,mlp
    """

    def __init__(self, *, examples: Annotated[int, AtLeastTwo], noise: Annotated[float, NonNegative]) -> None:
        self.examples, self.noise = examples, noise

    def load(self, seed: int) -> Table:
        """Return points (examples, 2) and moons (examples,)."""
        random = np.random.default_rng(seed)
        targets = np.arange(self.examples) % 2
        angle = np.pi * random.random(self.examples)
        points = np.stack([np.cos(angle), np.sin(angle)], 1)
        points[targets == 1] = np.array([1.0, 0.5]) - points[targets == 1]
        points += self.noise * random.standard_normal(points.shape)
        return Table(points.astype(np.float32), targets, features=("x", "y"), classes=("upper", "lower"))
