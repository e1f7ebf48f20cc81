"""Concentric circles."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Table
from dlx.spec import NonNegative, Positive


class Rings(Dataset):
    """Points in the plane on concentric circles with radii 1, 2, ..., without labels.

    Args:
        examples: number of points, shared by the circles in proportion to their radius.
        circles: number of circles.
        noise: standard deviation of Gaussian noise on the points.

    Example:
        dlx train model=gan dataset=rings
    """

    def __init__(
        self,
        *,
        examples: Annotated[int, Positive],
        circles: Annotated[int, Positive],
        noise: Annotated[float, NonNegative],
    ) -> None:
        self.examples, self.circles, self.noise = examples, circles, noise

    def load(self, seed: int) -> Table:
        """Return points (examples, 2) in random order."""
        random = np.random.default_rng(seed)
        radii = np.arange(1, self.circles + 1)
        ring = random.choice(self.circles, self.examples, p=radii / radii.sum())
        angle = 2 * np.pi * random.random(self.examples)
        points = radii[ring, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
        points += self.noise * random.standard_normal(points.shape)
        return Table(points.astype(np.float32), None, features=("x", "y"), extra={"ring": ring})
