"""Eight Gaussians on a circle."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Table
from dlx.spec import NonNegative, Positive

MODES = 8


class Gaussians8(Dataset):
    """Points in the plane from eight Gaussians whose centers lie evenly on a circle, without labels.

    The usual test of generative models for dropped modes (Metz et al. 2017). With `radius=0 spread=0` all points are 0.

    Args:
        examples: number of points, equally many of each Gaussian.
        radius: radius of the circle.
        spread: standard deviation of each Gaussian in both directions.

    Example:
        dlx train model=gan dataset=gaussians8
    """

    def __init__(
        self,
        *,
        examples: Annotated[int, Positive],
        radius: Annotated[float, NonNegative],
        spread: Annotated[float, NonNegative],
    ) -> None:
        self.examples, self.radius, self.spread = examples, radius, spread

    def load(self, seed: int) -> Table:
        """Return points (examples, 2) in random order, and the truth: centers (8, 2) and the standard deviation."""
        random = np.random.default_rng(seed)
        angle = 2 * np.pi * np.arange(MODES) / MODES
        centers = self.radius * np.stack([np.cos(angle), np.sin(angle)], 1)
        mode = random.permutation(np.arange(self.examples) % MODES)
        points = centers[mode] + self.spread * random.standard_normal((self.examples, 2))
        truth = {"modes": centers, "spread": np.array(self.spread)}
        return Table(points.astype(np.float32), None, features=("x", "y"), extra={"mode": mode}, truth=truth)
