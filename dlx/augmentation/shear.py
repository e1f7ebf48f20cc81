"""Random shearing."""

from __future__ import annotations

from typing import Annotated

from torch import Generator

from dlx.contracts import Batch
from dlx.contracts.augmentation import Augmentation
from dlx.data.warp import shearing, uniform, warp
from dlx.spec import Angle


class Shear(Augmentation):
    """Shear each image by an angle drawn uniformly from [-degrees, degrees]: x' = x + tan(angle) · y.

    Args:
        degrees: maximum angle, in degrees, below 90.

    Example:
        dlx train augmentation=shear 'dataset.test_transforms=[shear_30]'
    """

    def __init__(self, *, degrees: Annotated[float, Angle]) -> None:
        self.degrees = degrees

    def change_batch(self, batch: Batch, generator: Generator) -> Batch:
        """Return the batch with its images (batch, channels, height, width) sheared; black is 0."""
        images, targets = batch
        return warp(images, shearing(uniform(len(images), -self.degrees, self.degrees, generator))), targets
