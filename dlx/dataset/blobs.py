"""Gaussian clusters."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Table
from dlx.spec import AtLeastTwo, Positive


class Blobs(Dataset):
    """One isotropic Gaussian cluster for each class, its center drawn uniformly from the cube [-10, 10]^dimensions.

    Args:
        examples: number of examples, equally many in each cluster.
        centers: number of clusters, which are the classes.
        dimensions: number of inputs.
        spread: standard deviation of each cluster in every direction.

    Example:
        dlx train dataset=blobs dataset.spread=4 model=naive_bayes
    """

    def __init__(
        self,
        *,
        examples: Annotated[int, AtLeastTwo],
        centers: Annotated[int, AtLeastTwo],
        dimensions: Annotated[int, Positive],
        spread: Annotated[float, Positive],
    ) -> None:
        if centers > examples:
            raise ValueError(f"centers: expected at most the {examples} examples, got {centers}")
        self.examples, self.centers, self.dimensions, self.spread = examples, centers, dimensions, spread

    def load(self, seed: int) -> Table:
        """Return points (examples, dimensions), clusters (examples,), and the truth: centers (centers, dimensions)."""
        random = np.random.default_rng(seed)
        centers = random.uniform(-10, 10, (self.centers, self.dimensions))
        targets = np.arange(self.examples) % self.centers
        points = centers[targets] + self.spread * random.standard_normal((self.examples, self.dimensions))
        return Table(
            points.astype(np.float32),
            targets,
            features=tuple(f"x{number}" for number in range(1, self.dimensions + 1)),
            classes=tuple(f"blob_{number}" for number in range(1, self.centers + 1)),
            truth={"centers": centers},
        )
